"""A bounded model check: every interleaving of an owner, losses, a tab and a thief.

Depth-first over all sequences of steps up to ``DEPTH``; states that have been seen
with as many steps left are not walked again. Tokens, secrets and successors are the
real ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TypeAlias

import pytest

from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.keys import KeyUse
from jwtauth.core.policy import TokenPolicy
from jwtauth.core.refresh_token import RefreshKey, RefreshToken, secret_hash
from jwtauth.core.rotation import (
    Decision,
    FamilyState,
    ReuseKind,
    RotationOutcome,
    decide,
)

DEPTH = 7
KEY = RefreshKey(parse_key(generate_jwk("HS256", KeyUse.REFRESH)))
POLICY = TokenPolicy(issuer="i", audience="a", client_id="c")
START = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = RefreshToken(sid=b"f" * 16, generation=0, secret=b"s" * 32)
OWNER = b"owner's browser"
THIEF = b"thief's machine"
HANDS_OUT = {RotationOutcome.ROTATED, RotationOutcome.RETRY, RotationOutcome.DISPLACED}


@dataclass(frozen=True)
class World:
    """The family on record, who holds which tokens, and the time."""

    family: FamilyState
    now: datetime = START
    nonces: int = 0
    owner: RefreshToken = FIRST
    tab: RefreshToken = FIRST
    """What a second tab has read from the shared storage: at most one behind."""
    thief: frozenset[RefreshToken] = frozenset()
    owner_refreshes_since_theft: int = 0
    last: Decision | None = None


def first_world() -> World:
    return World(
        family=FamilyState(
            key=KEY,
            generation=0,
            secret_hash=secret_hash(FIRST.secret),
            nonce=b"\0" * 32,
            context=KEY.context(OWNER),
            rotated_at=START,
            was_displaced=False,
            idle_expires_at=START + timedelta(days=7),
            absolute_expires_at=START + timedelta(days=30),
            is_revoked=False,
            is_bound=True,
        )
    )


def present(
    world: World, token: RefreshToken, context: bytes
) -> tuple[World, RefreshToken | None]:
    """Do what the refresh flow does; return the world and what was handed out."""
    family, new = world.family, None
    decision = decide(family, token, context=context, policy=POLICY, now=world.now)
    match decision.outcome:
        case RotationOutcome.ROTATED | RotationOutcome.DISPLACED as outcome:
            nonce = world.nonces.to_bytes(32, "big")
            new = KEY.successor(token, nonce)
            is_displaced = outcome is RotationOutcome.DISPLACED
            family = replace(
                family,
                generation=new.generation,
                secret_hash=secret_hash(new.secret),
                nonce=nonce,
                context=KEY.context(context),
                rotated_at=family.rotated_at if is_displaced else world.now,
                was_displaced=is_displaced,
            )
        case RotationOutcome.RETRY:
            new = KEY.successor(token, family.nonce)
        case RotationOutcome.REUSED | RotationOutcome.REVOKED:
            family = replace(family, is_revoked=True)
        case RotationOutcome.REFUSED | RotationOutcome.OUTDATED:
            pass
    after = replace(world, family=family, nonces=world.nonces + 1, last=decision)
    return after, new


def owner_refreshes(world: World) -> World:
    after, new = present(world, world.owner, OWNER)
    return replace(
        after,
        owner=new or world.owner,
        tab=world.owner,
        owner_refreshes_since_theft=world.owner_refreshes_since_theft + 1,
    )


def answer_is_lost(world: World) -> World:
    return present(world, world.owner, OWNER)[0]


def tab_refreshes(world: World) -> World:
    after, new = present(world, world.tab, OWNER)
    return replace(after, owner=new or world.owner, tab=new or world.tab)


def thief_copies(world: World) -> World:
    return replace(
        world, thief=world.thief | {world.owner}, owner_refreshes_since_theft=0
    )


def grace_passes(world: World) -> World:
    return _later(world, POLICY.refresh_grace_period)


def window_passes(world: World) -> World:
    return _later(world, POLICY.refresh_retry_window)


def _later(world: World, period: timedelta) -> World:
    return replace(world, now=world.now + period + timedelta(seconds=1))


def thief_presents(world: World, context: bytes) -> list[World]:
    worlds = []
    for token in sorted(world.thief, key=lambda token: token.secret):
        after, new = present(world, token, context)
        worlds.append(replace(after, thief=world.thief | ({new} if new else set())))
    return worlds


Step: TypeAlias = Callable[[World], World]
HONEST: tuple[Step, ...] = (
    owner_refreshes,
    answer_is_lost,
    tab_refreshes,
    grace_passes,
    window_passes,
)


@cache
def worlds(steps: tuple[Step, ...], thief_context: bytes | None = None) -> list[World]:
    """Return every world that ``steps`` and a thief reach within ``DEPTH`` steps."""
    seen: dict[World, int] = {}
    unexplored = [(first_world(), DEPTH)]
    while unexplored:
        world, left = unexplored.pop()
        if seen.get(world, -1) >= left:
            continue
        seen[world] = left
        if left == 0:
            continue
        unexplored += [(step(world), left - 1) for step in steps]
        if thief_context is not None:
            thief = [thief_copies(world), *thief_presents(world, thief_context)]
            unexplored += [(after, left - 1) for after in thief]
    return list(seen)


def outcome_of(world: World, token: RefreshToken, context: bytes) -> RotationOutcome:
    """Tell how presenting a token would end."""
    return decide(
        world.family, token, context=context, policy=POLICY, now=world.now
    ).outcome


@pytest.mark.slow
class TestModel:
    @pytest.mark.parametrize("thief_context", [OWNER, THIEF])
    def test_decide_every_interleaving_gives_a_decision(
        self, thief_context: bytes
    ) -> None:
        """The table is total, and every row that this model can reach is reached."""
        reached = worlds(HONEST, thief_context)

        # In this model nobody logs out, changes a user or restores a backup.
        assert {world.last.outcome for world in reached if world.last} == (
            set(RotationOutcome) - {RotationOutcome.REVOKED, RotationOutcome.OUTDATED}
        )
        assert {world.last.reuse for world in reached if world.last} == (
            {None, *ReuseKind}
        )

    @pytest.mark.requirement("RTK-14")
    def test_thief_in_another_context_holds_nothing_after_second_refresh(self) -> None:
        """What rotation promises: the thief is out, or the login is over."""
        after_second = [
            world
            for world in worlds(HONEST, THIEF)
            if world.thief and world.owner_refreshes_since_theft >= 2
        ]

        assert after_second
        for world in after_second:
            for token in world.thief:
                assert outcome_of(world, token, THIEF) not in HANDS_OUT

    @pytest.mark.parametrize("trouble", [answer_is_lost, tab_refreshes])
    def test_owner_in_trouble_within_the_window_stays_logged_in(
        self, trouble: Step
    ) -> None:
        """Lost answers, or a second tab, are no theft and log nobody out."""
        for world in worlds((owner_refreshes, trouble, grace_passes)):
            # Seven grace periods are shorter than the window of the last rotation.
            assert not world.family.is_revoked
            assert outcome_of(world, world.owner, OWNER) in HANDS_OUT

    def test_family_any_history_has_one_secret_that_rotates(self) -> None:
        """Two tokens that both rotate would be two logins with one logout."""
        for world in worlds(HONEST, THIEF):
            held = {world.owner, world.tab, *world.thief}
            outcomes = [outcome_of(world, token, OWNER) for token in held]
            assert outcomes.count(RotationOutcome.ROTATED) <= 1
