"""The code of the how-to on Sentinel and Cluster is what our servers run on."""

import re
from pathlib import Path
from typing import Any

from pytest_django import Settings

from sessionauth.checks.settings import check_settings
from sessionauth.checks.stores import check_cache
from tests.harness.cluster_setup import ClusterSetup
from tests.harness.sentinel_setup import SERVICE, SentinelSetup

PAGE = Path(__file__).parents[2] / "docs/how-to/sentinel-and-cluster.md"


def blocks() -> list[dict[str, Any]]:
    found = []
    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        names: dict[str, Any] = {}
        exec(code, names)  # noqa: S102 # our own page
        found.append(names)
    return found


SENTINEL, CLUSTER, WAIT = blocks()


def test_how_to_sentinel_is_what_the_contract_runs_on() -> None:
    """Only the addresses differ."""
    shown = SENTINEL["CACHES"]["default"]
    tested = SentinelSetup({}, []).cache
    tested["OPTIONS"]["SENTINELS"] = shown["OPTIONS"]["SENTINELS"]

    assert SERVICE in shown["LOCATION"]
    assert shown == tested


def test_how_to_cluster_is_what_the_contract_runs_on() -> None:
    """Only the addresses differ."""
    shown = CLUSTER["CACHES"]["default"]
    tested = ClusterSetup({}).cache | {"LOCATION": shown["LOCATION"]}

    assert shown == tested


def test_how_to_settings_pass_the_checks(settings: Settings) -> None:
    """Whoever copies them sees no complaint."""
    settings.SESSIONAUTH = WAIT["SESSIONAUTH"]
    for block in (SENTINEL, CLUSTER):
        settings.CACHES = block["CACHES"]

        assert [*check_settings(), *check_cache()] == []
