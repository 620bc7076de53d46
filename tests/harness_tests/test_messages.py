"""The catalogues say in German whatever the sources say, and are compiled."""

from pathlib import Path

import pytest

from tests.harness.messages import (
    DOMAINS,
    Domain,
    clashes,
    faults,
    update,
)

ROOT = Path(__file__).parents[2]
APP = Domain(app="app", sources=("app", "pages"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two messages, translated and compiled."""
    (tmp_path / "app").mkdir()
    (tmp_path / "pages").mkdir()
    (tmp_path / "app/views.py").write_text('text = _("%(n)s came")\n')
    page = '{% load i18n %}\n  <p>{% translate "Good day" %}</p>\n'
    (tmp_path / "pages/home.html").write_text(page)
    update(tmp_path, APP)
    _translate(tmp_path, ("Good day", "Guten Tag"), ("%(n)s came", "%(n)s kam"))
    update(tmp_path, APP)
    return tmp_path


def _translate(project: Path, *pairs: tuple[str, str]) -> None:
    path = APP.path(project, ".po")
    text = path.read_text("utf-8")
    for english, german in pairs:
        before, after = text.split(f'msgid "{english}"\nmsgstr "', 1)
        rest = after.split('"', 1)[1]
        text = f'{before}msgid "{english}"\nmsgstr "{german}"{rest}'
    path.write_text(text, "utf-8")


def _faults(project: Path) -> list[str]:
    return list(faults(project, APP))


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.app)
def test_catalogue_is_complete_and_compiled(domain: Domain) -> None:
    """`make messages` mends it, and says what is to be translated."""
    assert list(faults(ROOT, domain)) == []


def test_catalogues_agree() -> None:
    """Django mixes them into one: the first translation would count for all."""
    assert list(clashes(ROOT)) == []


class TestFaults:
    def test_complete_catalogue_has_none(self, project: Path) -> None:
        """Else the others would prove nothing."""
        assert _faults(project) == []

    @pytest.mark.parametrize(
        ("path", "source"),
        [
            ("app/views.py", 'from x import gettext_lazy as _\ntext = _("New")\n'),
            ("app/views.py", 'text = ngettext_lazy("New", "News", n)\n'),
            ("pages/new.html", '{% load i18n %}{% translate "New" %}'),
            (
                "pages/new.html",
                "{% load i18n %}{% blocktranslate %}New{% endblocktranslate %}",
            ),
            ("pages/new.html", '{{ name|default:_("New") }}'),
            ("pages/mail/new.txt", '{% load i18n %}\n  a\n {% translate "New" %}'),
        ],
    )
    def test_new_message_is_missed(self, path: str, source: str, project: Path) -> None:
        """Wherever a message can be, it is found."""
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text(source)

        assert "app: not in the catalogue: 'New'" in _faults(project)

    def test_message_that_went_is_too_much(self, project: Path) -> None:
        """Nobody should translate what is never shown."""
        (project / "pages/home.html").unlink()

        assert _faults(project) == ["app: said nowhere: 'Good day'"]

    def test_untranslated_message_is_told(self, project: Path) -> None:
        """English between German lines."""
        _translate(project, ("Good day", ""))

        assert "app: not translated: 'Good day'" in _faults(project)

    def test_placeholder_that_got_lost_is_told(self, project: Path) -> None:
        """A wrong name would be an error when the page is made."""
        _translate(project, ("%(n)s came", "%(m)s kam"))

        assert any("placeholder" in fault for fault in _faults(project))

    def test_stale_compiled_catalogue_is_told(self, project: Path) -> None:
        """Django reads nothing else."""
        _translate(project, ("Good day", "Moin"))

        assert _faults(project) == ["app: the compiled catalogue is stale"]

    def test_catalogue_never_compiled_is_told(self, project: Path) -> None:
        """The same, from the start."""
        APP.path(project, ".mo").unlink()

        assert _faults(project) == ["app: the compiled catalogue is stale"]


class TestUpdate:
    def test_translations_stay_and_nothing_else_changes(self, project: Path) -> None:
        """Run twice, it must not make work for whoever reads the difference."""
        before = APP.path(project, ".po").read_bytes()

        update(project, APP)

        assert APP.path(project, ".po").read_bytes() == before
        assert b"Guten Tag" in before
