"""The message catalogues: ``python -m tests.harness.messages`` brings them up to date.

What the sources say is extracted, translations are kept, what nobody says any more
goes, and the binary catalogues are compiled. It takes no gettext programs.
"""

import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

LANGUAGE = "de"
WIDTH = 88
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
HEADER = (
    "# German. `make messages` keeps the entries; the translations are written here.\n"
)


@dataclass(frozen=True, kw_only=True)
class Domain:
    """One catalogue and where its messages come from."""

    app: str
    sources: tuple[str, ...]

    def path(self, root: Path, suffix: str) -> Path:
        """Return where the catalogue is, as text (``.po``) or compiled (``.mo``)."""
        directory = root / self.app / "locale" / LANGUAGE / "LC_MESSAGES"
        return (directory / "django").with_suffix(suffix)


DOMAINS = (
    Domain(app="jwtauth", sources=("jwtauth",)),
    Domain(app="sessionauth", sources=("sessionauth",)),
    Domain(app="demo_project", sources=("demo_project", "templates")),
)


def extracted(root: Path, domain: Domain) -> Catalog:
    """Return every message of the sources, untranslated."""
    catalog = Catalog()
    for source in domain.sources:
        for path in sorted((root / source).rglob("*")):
            name = path.relative_to(root).as_posix()
            for message, context in _messages_in(path):
                catalog.add(message, locations=[(name, 1)], context=context)
    return catalog


def update(root: Path, domain: Domain) -> None:
    """Write both forms of the catalogue anew; translations stay."""
    catalog = _read(root, domain)
    found = extracted(root, domain)
    # A date of its own would make every run a change.
    found.creation_date = catalog.creation_date
    catalog.update(found, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    _borrow(catalog, root)
    text, compiled = io.BytesIO(), io.BytesIO()
    write_po(text, catalog, width=WIDTH, sort_output=True, include_lineno=False)
    write_mo(compiled, catalog)
    path = domain.path(root, ".po")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue())
    domain.path(root, ".mo").write_bytes(compiled.getvalue())


def _borrow(catalog: Catalog, root: Path) -> None:
    """Translate what another catalogue of ours has translated already."""
    known = {
        key: message.string
        for domain in DOMAINS
        for key, message in _by_id(_read(root, domain)).items()
        if all(_forms(message))
    }
    for key, message in _by_id(catalog).items():
        if not all(_forms(message)):
            message.string = known.get(key, message.string)


def clashes(root: Path) -> Iterator[str]:
    """Say where two catalogues differ; Django takes the first one for all."""
    seen: dict[_Key, tuple[str, ...]] = {}
    for domain in DOMAINS:
        for key, forms in _translations(_by_id(_read(root, domain))).items():
            if seen.setdefault(key, forms) != forms:
                yield f"{domain.app}: translated otherwise elsewhere: {key[0]!r}"


def faults(root: Path, domain: Domain) -> Iterator[str]:
    """Say what is wrong with a catalogue, one line each."""
    catalog, found = _read(root, domain), extracted(root, domain)
    wanted, known = _by_id(found), _by_id(catalog)
    for key in wanted.keys() - known.keys():
        yield f"{domain.app}: not in the catalogue: {key[0]!r}"
    for key in known.keys() - wanted.keys():
        yield f"{domain.app}: said nowhere: {key[0]!r}"
    for message in known.values():
        if message.fuzzy or not all(_forms(message)):
            yield f"{domain.app}: not translated: {message.id!r}"
        for error in message.check(catalog):
            yield f"{domain.app}: {message.id!r}: {error}"
    if _translations(known) != _compiled(root, domain):
        yield f"{domain.app}: the compiled catalogue is stale"


def main(root: Path) -> int:
    """Update every catalogue; return 1 where somebody has to translate."""
    left = []
    for domain in DOMAINS:
        update(root, domain)
        left += sorted(faults(root, domain))
    left += clashes(root)
    sys.stdout.writelines(f"{line}\n" for line in left)
    return min(len(left), 1)


def _messages_in(
    path: Path,
) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    if path.suffix == ".py":
        content = path.read_bytes()
    elif path.suffix in {".html", ".txt"}:
        content = _as_python(path.read_text("utf-8"))
    else:
        return
    found = extract("python", io.BytesIO(content), KEYWORDS)
    for _line, message, _comments, context in found:
        yield message, context


def _as_python(template: str) -> bytes:
    """Return a template as calls of gettext; Python is particular about indents."""
    return re.sub(r"(?m)^[ \t]+", "", templatize(template)).encode()


def _read(root: Path, domain: Domain) -> Catalog:
    path = domain.path(root, ".po")
    if path.exists():
        with path.open("rb") as file:
            return read_po(file, LANGUAGE)
    return Catalog(
        LANGUAGE,
        header_comment=HEADER,
        project="django-tandem-auth",
        version="0",
        msgid_bugs_address="",
        last_translator="",
        language_team="German",
        fuzzy=False,
    )


_Key = tuple[str, str | None]


def _by_id(catalog: Catalog) -> dict[_Key, Message]:
    # The first one is the header.
    return {_key(message): message for message in catalog if message.id}


def _key(message: Message) -> _Key:
    singular = message.id if isinstance(message.id, str) else message.id[0]
    return singular, message.context


def _forms(message: Message) -> tuple[str, ...]:
    text = message.string or ""
    return (text,) if isinstance(text, str) else tuple(text)


def _translations(messages: dict[_Key, Message]) -> dict[_Key, tuple[str, ...]]:
    """Return what is translated; nothing else is compiled."""
    return {
        key: _forms(message)
        for key, message in messages.items()
        if all(_forms(message)) and not message.fuzzy
    }


def _compiled(root: Path, domain: Domain) -> dict[_Key, tuple[str, ...]]:
    path = domain.path(root, ".mo")
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return _translations(_by_id(read_mo(file)))


if __name__ == "__main__":
    sys.exit(main(Path(__file__).parents[2]))
