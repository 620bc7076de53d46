"""A primary is killed while eight users log in, look and log out.

``FAILOVER_RUNS`` says how often each set-up loses its primary; ``-s`` shows what was
counted.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.auth import get_user_model
from django.db.models import Model
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth import revoke_all
from sessionauth.exceptions import StoreDown
from tests.harness import cluster_setup, sentinel_setup
from tests.harness.cluster_setup import ClusterSetup
from tests.harness.patience import until
from tests.harness.redis_programs import require_any_server
from tests.harness.sentinel_setup import SentinelSetup
from tests.sessionauth.conftest import PASSWORD
from tests.sessionauth.traffic import User, traffic

RUNS = int(os.environ.get("FAILOVER_RUNS", "1"))
USERS = 8
ALLOWED = {
    "login": {200, 503},
    "read": {200, 503},
    "read ended": {401, 503},
    "logout": {204, 503},
    "logout all": {204, 503},
}

pytestmark = [
    pytest.mark.serial,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("OPS-02", "OPS-03"),
]


def kill_ahead_of(replicas: list[EmbeddedValkey], primary: EmbeddedValkey) -> None:
    """Kill a primary that has done for a while what its replicas don't know.

    On one machine they lag by microseconds; this makes it what a bad network makes it.
    """
    for replica in replicas:
        replica.pause()
    with redis.Redis.from_url(primary.url) as client:
        # What is on its way would still arrive.
        client.client_kill_filter(_type="replica")
    time.sleep(0.3)
    primary.kill()
    for replica in replicas:
        replica.resume()


class SentinelCase:
    """What the tests do to a Sentinel set-up."""

    replicas = sentinel_setup.REPLICAS

    def __init__(self, setup: SentinelSetup) -> None:
        self.cache = setup.cache
        self.wait_until_ready = setup.wait_until_ready
        self._setup = setup

    def lose_primary(self, _run: int) -> EmbeddedValkey:
        """Kill it; return it once another one has taken over."""
        primary = self._setup.primary()
        kill_ahead_of(self._setup.replicas(), primary)
        # It comes back as what it was: nobody may still believe that.
        until(lambda: primary not in self._setup.primaries())
        return primary


class ClusterCase:
    """What the tests do to a cluster."""

    replicas = cluster_setup.REPLICAS

    def __init__(self, setup: ClusterSetup) -> None:
        self.cache = setup.cache
        self.wait_until_ready = setup.wait_until_ready
        self._setup = setup

    def lose_primary(self, run: int) -> EmbeddedValkey:
        """Kill one of them; return it once its replica has taken over."""
        port = self._setup.port_of(f"any {run}")
        kill_ahead_of([self._setup.replica_of(port)], self._setup.nodes[port])
        until(lambda: port not in self._setup.primary_ports())
        return self._setup.nodes[port]


@pytest.fixture(params=["sentinel", "cluster"])
def case(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[SentinelCase | ClusterCase]:
    if request.param == "sentinel":
        program = require_any_server("redis", "valkey")
        with sentinel_setup.sentinel_setup(
            program, tmp_path, down_after_ms=500
        ) as servers:
            yield SentinelCase(servers)
    else:
        program = require_any_server("valkey", "redis")
        with cluster_setup.cluster_setup(program, tmp_path) as nodes:
            yield ClusterCase(nodes)


@pytest.fixture
def users() -> list[User]:
    names = [f"user{n}" for n in range(USERS)]
    for name in names:
        get_user_model().objects.create_user(name, password=PASSWORD)
    return [User(name, seed) for seed, name in enumerate(names)]


@pytest.fixture
def lose_primary(
    case: SentinelCase | ClusterCase, settings: Settings, users: list[User]
) -> Callable[[int], dict[str, Any]]:
    """Run traffic through a failover, and report."""
    settings.CACHES = {"default": case.cache}

    def lose(run: int) -> dict[str, Any]:
        with traffic(users) as raise_errors:
            time.sleep(1.5)
            killed_at = time.monotonic()
            dead = case.lose_primary(run)
            failed_over = time.monotonic() - killed_at
            time.sleep(1)
            dead.start()
            case.wait_until_ready()
            until(lambda: raise_errors() or has_calmed_down(users))
        for user in users:
            user.look_at_everything()
        return {
            "new primary after s": round(failed_over, 1),
            **last_unavailable(users, killed_at),
        }

    return lose


def has_calmed_down(users: list[User]) -> bool:
    """Whether nobody was told to come back for a while."""
    latest = [max(user.told.unavailable_at.values(), default=0.0) for user in users]
    return time.monotonic() - max(latest) > 1.5


def last_unavailable(users: list[User], since: float) -> dict[str, float]:
    """When the last 503 came, in seconds since then, by what was asked for."""
    found: dict[str, float] = {}
    for user in users:
        for what, at in user.told.unavailable_at.items():
            if at > since:
                key = f"last 503, {what}, after s"
                found[key] = max(found.get(key, 0.0), round(at - since, 1))
    return found


def answers_of(users: list[User]) -> Counter[tuple[str, int]]:
    return sum((user.told.answers for user in users), Counter())


def foreign(users: list[User]) -> dict[tuple[str, int], int]:
    """The answers that nobody may ever get."""
    counted = answers_of(users).items()
    return {key: n for key, n in counted if key[1] not in ALLOWED[key[0]]}


def report(wait: int, run: int, facts: dict[str, Any], users: list[User]) -> None:
    lost = sum(user.told.lost for user in users)
    undone = sum(user.told.undone for user in users)
    print(  # noqa: T201 # for who runs it with -s
        f"\nWAIT_REPLICAS={wait} run={run} lost={lost} undone={undone} {facts} "
        f"{dict(sorted(answers_of(users).items()))}"
    )


class TestFailover:
    @pytest.mark.requirement("SES-06")
    def test_nothing_that_was_acknowledged_by_all_replicas_is_undone(
        self,
        case: SentinelCase | ClusterCase,
        settings: Settings,
        users: list[User],
        lose_primary: Callable[[int], dict[str, Any]],
    ) -> None:
        """Whichever replica takes over, who logged out stays out and who is in, in."""
        settings.SESSIONAUTH = {"WAIT_REPLICAS": case.replicas}

        for run in range(RUNS):
            facts = lose_primary(run)
            report(case.replicas, run, facts, users)

        assert foreign(users) == {}
        assert sum(user.told.lost for user in users) == 0
        assert sum(user.told.undone for user in users) == 0
        assert alive_after_revoke_all(users) == 0

    def test_without_waiting_no_answer_is_a_crash(
        self,
        users: list[User],
        lose_primary: Callable[[int], dict[str, Any]],
    ) -> None:
        """What a failover undoes is counted for who reads it; see durability.md."""
        for run in range(RUNS):
            facts = lose_primary(run)
            report(0, run, facts, users)

        codes = {code for (_, code) in answers_of(users)}
        assert codes <= {200, 204, 401, 403, 503}
        assert answers_of(users)["login", 200] > 0


def alive_after_revoke_all(users: list[User]) -> int:
    """How many sessions are alive that were missed: none was ever unlisted."""

    def is_done(row: Model) -> bool:
        try:
            revoke_all(row, "test")
        except StoreDown:
            return False
        return True

    alive = 0
    for user in users:
        row = get_user_model().objects.get(username=user.name)
        until(lambda row=row: is_done(row))  # type: ignore[misc]
        told = user.told
        for client in [*told.alive, *told.ended, *told.unsure]:
            alive += client.get("/api/me/", secure=True).status_code == 200
    return alive
