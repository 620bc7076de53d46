"""The page on timeouts: its code is accepted, and keeps to what the page says."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

import jwtauth.conf
import sessionauth.conf

PAGE = Path(__file__).parents[2] / "docs/explanation/timeouts.md"
TEXT = PAGE.read_text("utf-8")
(CODE,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
NIST = {
    "AAL2": (timedelta(hours=1), timedelta(hours=24)),
    "AAL3": (timedelta(minutes=15), timedelta(hours=12)),
}


@pytest.fixture
def presets() -> dict[str, dict[str, timedelta]]:
    names: dict[str, Any] = {}
    exec(CODE, names)  # noqa: S102 # our own page
    return {name: value for name, value in names.items() if name.startswith("AAL")}


@pytest.mark.requirement("TMO-05")
def test_presets_are_accepted_and_keep_to_their_level(
    presets: dict[str, dict[str, timedelta]],
) -> None:
    """Who copies one must be able to rely on its name."""
    assert set(presets) == {"AAL2_TOKENS", "AAL3_TOKENS", "AAL3_SESSIONS"}
    for name, preset in presets.items():
        level, _, what = name.partition("_")
        prefix = "REFRESH_" if what == "TOKENS" else ""
        if what == "TOKENS":
            with override_settings(JWTAUTH={**settings.JWTAUTH, **preset}):
                assert jwtauth.conf.problems() == []
        else:
            assert sessionauth.conf.problems(preset) == []

        idle, absolute = NIST[level]
        assert preset[f"{prefix}IDLE_TIMEOUT"] <= idle
        assert preset[f"{prefix}ABSOLUTE_TIMEOUT"] <= absolute


@pytest.mark.requirement("TMO-05")
def test_defaults_are_those_of_the_page() -> None:
    """The reasons are given for these figures."""
    session = sessionauth.conf.Settings()
    policy = jwtauth.conf.get_settings().policy

    assert "`IDLE_TIMEOUT`, 30 min | `ABSOLUTE_TIMEOUT`, 24 h" in TEXT
    assert session.idle_timeout == timedelta(minutes=30)
    assert session.absolute_timeout == timedelta(hours=24)
    assert "`REFRESH_IDLE_TIMEOUT`, 7 d | `REFRESH_ABSOLUTE_TIMEOUT`, 30 d" in TEXT
    assert policy.refresh_idle_timeout == timedelta(days=7)
    assert policy.refresh_absolute_timeout == timedelta(days=30)
    assert "`ACCESS_TOKEN_LIFETIME`, 15 min" in TEXT
    assert policy.access_token_lifetime == timedelta(minutes=15)
