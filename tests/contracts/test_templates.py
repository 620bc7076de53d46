"""The pages of both apps are the same pages, plain and complete as they come."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import NoReturn

import pytest
from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import AnonymousUser, User
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import URLPattern, include, path, resolve

from demo_project.environment import CHECKOUT

ONLY_IN_ONE = {"reload.html"}
"""Only cookies that are SameSite=Strict need a page that reloads itself."""


def _templates(app: str) -> dict[str, str]:
    directory = CHECKOUT / app / "templates" / app
    return {
        str(path.relative_to(directory)): path.read_text("utf-8")
        for path in sorted(directory.glob("*.html"))
        if path.name not in ONLY_IN_ONE
    }


class TestTwins:
    def test_templates_are_equal_but_for_the_apps_name(self) -> None:
        """Who restyles one app has restyled the other."""
        jwt = {n: t.replace("jwtauth", "APP") for n, t in _templates("jwtauth").items()}
        session = {
            n: t.replace("sessionauth", "APP")
            for n, t in _templates("sessionauth").items()
        }

        assert jwt == session
        assert {"base.html", "login.html", "reauth.html"} < jwt.keys()


def _login(handle: str, **values: object) -> dict[str, object]:
    instants = dict.fromkeys(("created_at", "last_used_at", "expires_at"), NOW)
    names = dict.fromkeys(("browser", "system", "device", "address"), "")
    return {"handle": handle, "current": False, **instants, **names, **values}


NOW = datetime(2026, 11, 30, 14, 5, tzinfo=UTC)
LOGINS = [
    _login("a", browser="Firefox", system="Linux", address="192.0.2.1", current=True),
    _login("b", browser="Firefox", system="Linux", address="192.0.2.2"),
    _login("c", device="curl/8 <b>"),
    _login("d"),
]


class Form(AuthenticationForm):
    """Refused for two reasons: what is wrong with a field, and with all of it."""

    code = forms.CharField(help_text="From your telephone.")

    def clean(self) -> NoReturn:
        raise forms.ValidationError("That is <i>not</i> right.")


class Reader(HTMLParser):
    """Reads a page as assistive technology does: by its elements and their ids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._texts: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag not in {"input", "meta", "link", "br"}:
            self._open.append(attributes.get("id", ""))

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for name in self._open:
            self._texts[name] = self._texts.get(name, "") + data

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """Return the attributes of each such element."""
        return [
            found
            for name, found in self.elements
            if name == tag and attributes.items() <= found.items()
        ]

    def text(self, ids: str) -> str:
        """Return what the elements of these ids say, as one line."""
        return " ".join(" ".join(self._texts[name] for name in ids.split()).split())


@pytest.fixture(params=["jwtauth", "sessionauth"])
def app(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _page(app: str, name: str, **context: object) -> str:
    """Return a page as it is where the app has a second mount, and no look."""
    request = RequestFactory().get(f"/second/{app}/login/")
    request.user = AnonymousUser()
    request.resolver_match = resolve(request.path)
    return render_to_string(f"{app}/{name}", context, request)


def _refused(app: str, name: str) -> str:
    form = Form(data={"username": "", "password": "secret", "code": "1"})
    return _page(app, name, form=form, next="/there/", username="alice")


FORMS = pytest.mark.parametrize("name", ["login.html", "reauth.html"])


@pytest.mark.urls(__name__)
@pytest.mark.requirement("LGN-06")
class TestForms:
    @FORMS
    def test_every_field_has_a_label_and_every_description_is_there(
        self, app: str, name: str
    ) -> None:
        """An id that leads nowhere is read as nothing."""
        reader = Reader(_refused(app, name))
        fields = [
            field
            for field in reader.all("input")
            if field["type"] != "hidden" and "hidden" not in field
        ]

        assert {f["id"] for f in fields} == {f["for"] for f in reader.all("label")}
        by_name = {f["name"]: f for f in fields}
        assert "required" in reader.text(by_name["username"]["aria-describedby"])
        assert reader.text(by_name["code"]["aria-describedby"]) == (
            "From your telephone."
        )

    @FORMS
    def test_refusal_is_an_alert_that_belongs_to_the_form(
        self, app: str, name: str
    ) -> None:
        """It is told in the title, where it stands, and with the form; and escaped."""
        page = _refused(app, name)
        reader = Reader(page)
        (form, *_) = reader.all("form")

        assert "<title>Error: " in page
        assert reader.text(form["aria-describedby"]) == "That is <i>not</i> right."
        assert {a.get("id") for a in reader.all("div", role="alert")} == {"form-errors"}
        assert reader.all("p", role="alert", id="id_username_error")
        assert "secret" not in page

    def test_password_manager_is_told_whose_password_is_asked_again(
        self, app: str
    ) -> None:
        """It fills in nothing where it does not know for whom."""
        reader = Reader(_refused(app, "reauth.html"))
        (name,) = reader.all("input", value="alice")

        assert name["autocomplete"] == "username"
        assert "hidden" in name
        (password,) = reader.all("input", name="password")
        assert password["autocomplete"] == "current-password"

    @FORMS
    def test_forms_are_posts_with_the_token(self, app: str, name: str) -> None:
        """Each by itself, the way on in it."""
        reader = Reader(_refused(app, name))

        assert {form["method"] for form in reader.all("form")} == {"post"}
        tokens = reader.all("input", name="csrfmiddlewaretoken")
        assert len(tokens) == len(reader.all("form"))
        assert reader.all("input", type="hidden", name="next", value="/there/")

    def test_second_button_is_there_at_the_limit_only(self, app: str) -> None:
        """Who may end the oldest login is offered it, and nobody else."""
        form = AuthenticationForm()

        before = Reader(_page(app, "login.html", form=form))
        full = Reader(_page(app, "login.html", form=form, may_end_oldest=True))

        assert not before.all("button", name="end_oldest")
        assert full.all("button", name="end_oldest", value="on")


@pytest.mark.urls(__name__)
class TestList:
    def _reader(self, app: str, **context: object) -> Reader:
        values = {"logins": LOGINS, "has_others": True, **context}
        self.page = _page(app, "account_sessions.html", **values)
        return Reader(self.page)

    def test_each_button_says_which_login_it_ends(self, app: str) -> None:
        """Three times "End" in a row would be a riddle; the device is in the name."""
        reader = self._reader(app)
        buttons = [b for b in reader.all("button") if "aria-labelledby" in b]

        names = [reader.text(button["aria-labelledby"]) for button in buttons]
        more = [reader.text(button["aria-describedby"]) for button in buttons]

        assert names == [
            "End Firefox on Linux",
            "End curl/8 <b>",
            "End Unknown device",
        ]
        assert "192.0.2.2" in more[0]
        assert all("Nov. 30, 2026" in text for text in more)

    def test_this_device_is_told_and_logs_out_instead(self, app: str) -> None:
        """To end this very login is to log out, at the mount that was asked."""
        reader = self._reader(app)
        forms = [form["action"] for form in reader.all("form")]

        assert self.page.count("This device") == 1
        assert forms == [
            f"/second/{app}/logout/",
            *[f"/second/{app}/account/sessions/"] * 4,
        ]
        ended = [found["value"] for found in reader.all("input", name="end")]
        assert ended == ["b", "c", "d", "others"]

    def test_all_others_are_offered_only_where_there_are_any(self, app: str) -> None:
        """A button that does nothing is a lie."""
        reader = self._reader(app, logins=LOGINS[:1], has_others=False)

        assert not reader.all("input", name="end")

    def test_who_comes_back_from_the_step_up_is_told_to_press_again(
        self, app: str
    ) -> None:
        """The form was not sent on; without a word it would seem to have worked."""
        (told,) = self._reader(app, confirmed=True).all("p")[:1]

        assert told == {"role": "status"}
        assert "Nothing was ended yet: press the button once more." in self.page
        self._reader(app)
        assert "Nothing was ended yet" not in self.page
        self._reader(app, logins=LOGINS[:1], has_others=False, confirmed=True)
        assert "Nothing was ended yet" not in self.page

    def test_instants_are_for_machines_too(self, app: str) -> None:
        """With their zone: a reader elsewhere must be able to tell."""
        reader = self._reader(app)

        times = {found["datetime"] for found in reader.all("time")}

        assert times == {"2026-11-30T08:05:00-06:00"}
        assert "Nov. 30, 2026, 8:05 a.m. CST" in self.page

    def test_lost_copy_is_warned_of_in_plain_words(self, app: str) -> None:
        """Somebody else may have it: the warning says what to do."""
        lost = {"device": "Chrome", "address": "192.0.2.9", "ended_at": NOW}

        reader = self._reader(app, lost_copies=[lost])

        assert reader.all("div", role="alert")
        assert "change your password" in self.page
        assert "Chrome, 192.0.2.9, <time" in self.page
        assert not self._reader(app).all("div", role="alert")


@pytest.mark.urls(__name__)
@pytest.mark.requirement("CSR-08")
class TestPlain:
    @pytest.mark.parametrize(
        "name", ["login.html", "reauth.html", "account_sessions.html"]
    )
    def test_nothing_is_inline(self, app: str, name: str) -> None:
        """The strictest policy can cover it, and it works without a script."""
        page = _page(
            app,
            name,
            form=Form(data={}),
            logins=LOGINS,
            lost_copies=[_login("x", ended_at=NOW)],
        )
        tags = {tag for tag, _ in Reader(page).elements}
        attributes = {a for _, found in Reader(page).elements for a in found}

        assert not tags & {"script", "style"}
        assert not {a for a in attributes if a == "style" or a.startswith("on")}
        assert page.count("<h1>") == 1
        assert '<html lang="en' in page

    @pytest.mark.requirement("SES-21")
    def test_logged_in_users_find_the_way_out_on_every_page(self, app: str) -> None:
        """The step-up page knows that there is one; the login page looks."""
        out = f'<form method="post" action="/second/{app}/logout/">'

        assert out in _page(app, "reauth.html", form=Form())
        assert out in _page(app, "account_sessions.html", logins=LOGINS)
        assert out not in _page(app, "login.html", form=Form())
        request_user = User(username="alice")
        assert out in _page(app, "login.html", form=Form(), user=request_user)


def _stub(app: str) -> tuple[list[URLPattern], str]:
    names = {
        "login": "login/",
        "logout": "logout/",
        "account_sessions": "account/sessions/",
    }
    return [
        path(at, lambda _request: None, name=name) for name, at in names.items()
    ], app


urlpatterns = [
    path(f"{prefix}{app}/", include(_stub(app), namespace=namespace))
    for app in ("jwtauth", "sessionauth")
    for prefix, namespace in (("", app), ("second/", f"second-{app}"))
]
