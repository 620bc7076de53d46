"""The how-to on restyling names what there is, all of it, and its templates work."""

import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.forms import AuthenticationForm
from django.template import engines
from django.template.base import Template
from django.template.loader import get_template, render_to_string
from django.template.loader_tags import BlockNode
from django.test import RequestFactory
from django.urls import include, path

from demo_project.environment import CHECKOUT

PAGE = (CHECKOUT / "docs/how-to/restyle-pages.md").read_text("utf-8")
BASE, LOGIN = re.findall(r"```html\n(.*?)```", PAGE, re.DOTALL)
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| `")
]
TEMPLATES = {row[0].strip("`"): row[2] for row in ROWS if len(row) == 3}
BLOCKS = {row[0].strip("`") for row in ROWS if len(row) == 2}

BOTH_APPS = pytest.mark.parametrize("app", ["jwtauth", "sessionauth"])


def _named(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


def _source(app: str, name: str) -> str:
    return (CHECKOUT / app / "templates" / app / name).read_text("utf-8")


def _blocks(template: Template) -> set[str]:
    return {node.name for node in template.nodelist.get_nodes_by_type(BlockNode)}


class TestNames:
    @BOTH_APPS
    def test_every_template_is_named_and_every_name_is_a_template(
        self, app: str
    ) -> None:
        """A page that nobody tells of is restyled by nobody."""
        there = {p.name for p in (CHECKOUT / app / "templates" / app).glob("*.html")}
        only_jwtauth = set() if app == "jwtauth" else {"reload.html"}

        assert there == TEMPLATES.keys() - only_jwtauth

    @BOTH_APPS
    def test_every_block_of_the_base_is_named_and_the_other_way_round(
        self, app: str
    ) -> None:
        """The contract is the page's, so a block can't come or go in silence."""
        assert _blocks(get_template(f"{app}/base.html").template) == BLOCKS

    @BOTH_APPS
    @pytest.mark.parametrize(
        "name", ["login.html", "reauth.html", "account_sessions.html"]
    )
    def test_pages_fill_no_block_but_those(self, app: str, name: str) -> None:
        """What stands in another block would never be seen."""
        filled = re.findall(r"{% block (\w+) %}", _source(app, name))

        assert {"title", "heading", "content"} <= set(filled) <= BLOCKS

    @pytest.mark.parametrize("name", TEMPLATES)
    def test_context_that_is_named_is_used(self, name: str) -> None:
        """A name that the template does not know is a misprint."""
        source = _source("jwtauth", name)

        for variable in _named(TEMPLATES[name]) - {"jwtauth"}:
            assert re.search(rf"[{{%].*\b{variable}\b", source), variable

    def test_members_of_a_login_are_what_the_list_shows(self) -> None:
        """All that the template reads is told, and no more than both apps give."""
        source = _source("jwtauth", "account_sessions.html")
        (told,) = re.findall(r"^Each of `logins` has (.*?);", PAGE, re.MULTILINE)
        (lost,) = re.findall(r"^Each of `lost_copies` .*", PAGE, re.MULTILINE)

        assert set(re.findall(r"\blogin\.(\w+)", source)) <= _named(told)
        assert set(re.findall(r"\blost\.(\w+)", source)) == _named(lost) - {
            "lost_copies"
        }


class TestCode:
    @pytest.fixture(autouse=True)
    def _project(self, settings: LazySettings, tmp_path: Path) -> None:
        """A project that follows the page, for both apps."""
        for app in ("jwtauth", "sessionauth"):
            (tmp_path / app).mkdir()
            (tmp_path / app / "base.html").write_text(BASE)
            own = LOGIN.replace("jwtauth", app)
            (tmp_path / app / "login.html").write_text(own)
        settings.TEMPLATES = [{**t, "DIRS": [tmp_path]} for t in settings.TEMPLATES]
        settings.STATIC_URL = "static/"
        settings.ROOT_URLCONF = __name__

    @BOTH_APPS
    def test_page_has_the_projects_look_and_the_apps_form(self, app: str) -> None:
        """One template restyles, another adds a link; the form stays."""
        request = RequestFactory().get("/")
        context = {"form": AuthenticationForm(request), "next": "/"}

        page = render_to_string(f"{app}/login.html", context, request)

        assert "<title>Log in · Example</title>" in page
        assert "/static/site.css" in page
        assert '<form method="post"' in page
        assert 'href="/password_reset/">Forgotten your password?</a>' in page

    @BOTH_APPS
    def test_login_page_stands_where_no_password_can_be_reset(
        self, app: str, settings: LazySettings
    ) -> None:
        """A fresh project has no such pages; a link that leads nowhere is a crash."""
        settings.ROOT_URLCONF = "demo_project.urls"
        request = RequestFactory().get("/")

        page = render_to_string(f"{app}/login.html", {"form": None}, request)

        assert '<form method="post"' in page
        assert "Forgotten your password?" not in page

    def test_base_has_every_block_of_the_contract(self) -> None:
        """Else a page of ours would lose a part of itself in it."""
        assert _blocks(engines["django"].from_string(BASE).template) == BLOCKS


urlpatterns = [
    path("", include("django.contrib.auth.urls")),
    path("account/", include("jwtauth.urls")),
    path("session/", include("sessionauth.urls")),
]
