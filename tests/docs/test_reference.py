"""The reference pages name everything that there is, and nothing else."""

import ast
import re
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest
from django.urls import URLPattern

import jwtauth.conf
import jwtauth.exceptions
import jwtauth.urls
import jwtauth.well_known
import sessionauth.conf
import sessionauth.exceptions
import sessionauth.urls
from jwtauth.core.keys import KeyUse
from jwtauth.core.policy import TokenPolicy

CHECKOUT = Path(__file__).parents[2]


def names_of(settings: type) -> set[str]:
    """The keys that fill the fields of a settings class."""
    return {field.name.upper() for field in fields(settings)}


SETTINGS = {
    "jwtauth": names_of(jwtauth.conf.Settings) - {"POLICY"} | names_of(TokenPolicy),
    "sessionauth": names_of(sessionauth.conf.Settings),
}
ERRORS = {"jwtauth": jwtauth.exceptions, "sessionauth": sessionauth.exceptions}
URLS = {
    "jwtauth": [*jwtauth.urls.urlpatterns, *jwtauth.well_known.urlpatterns],
    "sessionauth": sessionauth.urls.urlpatterns,
}
TABLE_HEAD = len("| code | what is wrong |")
"""Characters of the longest line that may come again."""
EACH_APP = pytest.mark.parametrize("app", ["jwtauth", "sessionauth"])


def page(app: str) -> str:
    return (CHECKOUT / f"docs/reference/{app}.md").read_text("utf-8")


def in_tables(app: str, pattern: str) -> set[str]:
    """What stands in a column of its own in any table of the page."""
    return set(re.findall(rf"(?<=\| )`({pattern})`(?= \|)", page(app)))


def codes_of(module: object) -> set[str]:
    """The ``code`` of every error class of a module."""
    classes = [value for value in vars(module).values() if isinstance(value, type)]
    return {cls.code for cls in classes if issubclass(cls, Exception)}


class TestReference:
    @EACH_APP
    def test_setting_every_one_is_documented(self, app: str) -> None:
        """An undocumented setting is one that nobody may rely on."""
        assert in_tables(app, "[A-Z_]+") == SETTINGS[app]

    @EACH_APP
    def test_check_every_id_is_documented(self, app: str) -> None:
        """Ids are what people silence, and search for."""
        modules = [CHECKOUT / app / name for name in ("checks", "conf")]
        sources = [
            *(module.with_suffix(".py") for module in modules if not module.is_dir()),
            *(path for module in modules for path in module.rglob("*.py")),
        ]
        text = "\n".join(path.read_text("utf-8") for path in sources)
        ids = {f"{app}.{id_}" for id_ in re.findall(r"\b[EWI]\d{3}\b", text)}

        assert in_tables(app, rf"{app}\.[EWI]\d+") == ids

    @EACH_APP
    def test_error_every_code_is_documented(self, app: str) -> None:
        """Codes stand in logs; somebody will look them up."""
        assert codes_of(ERRORS[app]) <= in_tables(app, "[a-z_]+")

    @EACH_APP
    def test_endpoint_every_name_is_documented(self, app: str) -> None:
        """A client is written from this page."""
        names = {
            pattern.name for pattern in URLS[app] if isinstance(pattern, URLPattern)
        }

        assert names <= in_tables(app, "[a-z_]+")

    @EACH_APP
    def test_row_none_stands_twice_in_a_table(self, app: str) -> None:
        """Of two rows nobody knows which one is true; merges leave such."""
        tables = re.findall(r"(?:^\|.*\n)+", page(app), re.MULTILINE)
        names = [re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE) for table in tables]

        doubled = {name for rows in names for name in rows if rows.count(name) > 1}

        assert len(tables) > 1
        assert doubled == set()

    @pytest.mark.parametrize("name", ["CHANGELOG.md", "docs/reference/jwtauth.md"])
    def test_line_none_stands_twice(self, name: str) -> None:
        """The same, for what is no table."""
        lines = (CHECKOUT / name).read_text("utf-8").splitlines()
        long = [line for line in lines if len(line) > TABLE_HEAD]

        assert [line for line, number in Counter(long).items() if number > 1] == []


def key_faults() -> set[str]:
    """Every ``code`` that the sources of jwtauth give to a ``KeyRefused``."""
    faults = set()
    for path in (CHECKOUT / "jwtauth").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) != "KeyRefused":
                continue
            (code,) = [word.value for word in node.keywords if word.arg == "code"]
            if isinstance(code, ast.Constant):
                faults.add(str(code.value))
            elif isinstance(code, ast.JoinedStr):
                template = ast.unparse(code)[2:-1]
                faults |= {template.format(use=use) for use in KeyUse}
    return faults


class TestFaultsOfKeys:
    def test_fault_every_code_is_documented(self) -> None:
        """The code is what one searches for when a deployment fails."""
        (section,) = re.findall(
            r"### Faults of keys\n(.*?)\n## ", page("jwtauth"), re.DOTALL
        )
        documented = set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE))

        assert documented == key_faults()
        assert {"wrong_kid", "no_sig_key"} <= documented


class TestLinks:
    @pytest.mark.parametrize(
        "path",
        [
            *(CHECKOUT / "docs").rglob("*.md"),
            *CHECKOUT.glob("*.md"),
        ],
        ids=lambda path: str(path.relative_to(CHECKOUT)),
    )
    def test_link_to_a_file_leads_somewhere(self, path: Path) -> None:
        """A dead link on the first page is where a newcomer stops."""
        targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text("utf-8"))

        for target in targets:
            assert (path.parent / target).exists(), target

    def test_readme_is_a_door(self) -> None:
        """The README is a door, not the house."""
        assert len((CHECKOUT / "README.md").read_text("utf-8").splitlines()) <= 120
