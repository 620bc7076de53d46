"""What is told of logins and keys: the reference names all of it."""

import re
from pathlib import Path

from django.dispatch import Signal

from jwtauth import signals

SIGNALS = {
    name: value for name, value in vars(signals).items() if isinstance(value, Signal)
}
REFERENCE = Path(__file__).parents[2] / "docs/reference/jwtauth.md"


class TestReference:
    def test_every_signal_and_event_is_documented(self) -> None:
        """What nobody knows of nobody listens to."""
        _, _, rest = REFERENCE.read_text("utf-8").partition("## Signals and log")
        section, _, _ = rest.partition("\n## ")
        rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|$", section, re.MULTILINE))

        assert rows.keys() == SIGNALS.keys()
        for name, signal in SIGNALS.items():
            assert f"`{signals._EVENTS[signal][0]}`" in rows[name], name

    def test_every_event_of_the_sources_is_documented(self) -> None:
        """Lines that are no signals' are looked up there, too."""
        app = Path(signals.__file__).parent
        sources = "\n".join(path.read_text("utf-8") for path in app.rglob("*.py"))
        events = set(re.findall(r'"event": "(\w+)"', sources))
        events |= set(re.findall(r'_note\("(\w+)"', sources))
        _, _, section = REFERENCE.read_text("utf-8").partition("## Signals and log")

        assert {"denylist_incomplete", "key_rotated"} <= events
        assert {event for event in events if f"`{event}`" not in section} == set()
