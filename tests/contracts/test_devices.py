"""Both apps call a device by the same words, none of which its client could plant."""

import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from jwtauth.core import device as jwt
from sessionauth.core import device as session

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors/devices.json").read_text("utf-8")
)
APPS = pytest.mark.parametrize("app", [jwt, session], ids=["jwtauth", "sessionauth"])


@APPS
class TestDeviceLabel:
    @pytest.mark.requirement("LST-01")
    @pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["label"] or "empty")
    def test_label_names_browser_and_system(
        self, app: ModuleType, vector: dict[str, str]
    ) -> None:
        """A user must recognise the own devices in the list."""
        assert app.device_label(vector["user_agent"]) == vector["label"]

    def test_label_of_every_pair_fits_into_a_compact_hash(
        self, app: ModuleType
    ) -> None:
        """Redis keeps a hash compact while each value has at most 64 bytes."""
        for mark, _ in app._BROWSERS:
            for sign, _ in app._SYSTEMS:
                label = app.device_label(f"{mark} {sign}")
                assert len(label.encode()) <= app.MAX_LABEL_LENGTH
        assert len(app.device_label("x" * 10_000)) == app.MAX_LABEL_LENGTH

    @pytest.mark.parametrize(
        "text", ["\0\r\n\x1b[2J", "<img src=x>", "ä" * 99, "\"&'", "\u2028", "%s{0}"]
    )
    def test_label_holds_nothing_that_page_log_or_terminal_act_upon(
        self, app: ModuleType, text: str
    ) -> None:
        """The header is the client's."""
        for user_agent in (text, "x" + text, f"{text}/1 x", f"a/1{text} b"):
            label = app.device_label(user_agent)
            assert re.fullmatch(r"[A-Za-z0-9._+~/-]*", label)


@APPS
class TestBrowserAndSystem:
    @pytest.mark.parametrize(
        ("label", "parts"),
        [
            ("Samsung Internet on Android", ("Samsung Internet", "Android")),
            ("curl", ("", "")),
            ("Linux", ("", "")),
            ("", ("", "")),
        ],
    )
    def test_parts_are_those_of_the_label(
        self, app: ModuleType, label: str, parts: tuple[str, str]
    ) -> None:
        """Only a page knows in which language to say it."""
        assert app.browser_and_system(label) == parts
