"""A token comes in; all that is known of it goes out. Changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from django.db import DatabaseError
from django.views.decorators.debug import sensitive_variables

from jwtauth.conf import DenylistFailure, Revocation, get_settings
from jwtauth.core.claims import AccessClaims
from jwtauth.core.inspection import (
    AccessInspection,
    Checks,
    Verdict,
    inspect_access_token,
    refusal_in_words,
)
from jwtauth.core.keys import Key, KeyUse
from jwtauth.core.refresh_token import (
    RefreshKeys,
    RefreshToken,
    UnverifiedRefreshToken,
    key_hint,
    peek_unverified,
)
from jwtauth.core.rotation import FamilyState, RotationOutcome, decide
from jwtauth.exceptions import (
    DenylistDown,
    FamilyOutdated,
    FamilyRefused,
    TokenRefused,
    TokenReused,
    TokenRevoked,
    UserInactive,
)
from jwtauth.stores import denylist, families, key_source, users
from jwtauth.stores.families import FoundFamily

T = TypeVar("T")

_NEVER = datetime.max.replace(tzinfo=UTC)
_LOGIN_CHECKS = ("login", "login's key", "user", "generation")


class Kind(StrEnum):
    """What a text looks like."""

    ACCESS = "access token"
    ENCRYPTED = "encrypted token"
    REFRESH = "refresh token"


def kind_of(text: str) -> Kind:
    """Tell by its dots what a text would be, if it is a token at all."""
    match text.count("."):
        case 0:
            return Kind.REFRESH
        case 4:
            return Kind.ENCRYPTED  # RFC 7516 §3.1: a JWE has five parts
        case _:
            return Kind.ACCESS


@sensitive_variables()
def inspect_access(token: str, *, now: float) -> AccessInspection:
    """Make every check of an access token, also after one that failed.

    Args:
        token: as it came.
        now: Unix seconds.

    Raises:
        ImproperlyConfigured: there are no keys to check by.
        KeysUnavailable: they are another service's, and it gives none.
    """
    found = inspect_access_token(
        token, ring=key_source.key_ring(now), policy=get_settings().policy, now=now
    )
    claims, checks = found.claims, found.checks
    if claims is None:
        checks.skip("user", "denylist", why="the claims can't be read")
        return found
    _ask_database(checks, "user", lambda: users.load_active_user(claims.subject))
    _ask_denylist(checks, claims, now)
    return found


def _ask_database(checks: Checks, name: str, rule: Callable[[], T]) -> T | None:
    try:
        return checks.hold(name, rule)
    except (DatabaseError, ValueError) as error:
        # ValueError: text that no database takes, out of a token that nobody proved.
        why = f"the database gives no answer ({type(error).__name__})"
        checks.note(name, Verdict.UNKNOWN, why)
        return None


def _ask_denylist(checks: Checks, claims: AccessClaims, now: float) -> None:
    def refuse_denied() -> None:
        if denylist.is_denied(claims.sid, now=now):
            raise TokenRevoked

    settings = get_settings()
    if settings.revocation is not Revocation.DENYLIST:
        checks.note("denylist", Verdict.OK, f"not asked: {settings.revocation}")
        return
    try:
        checks.hold("denylist", refuse_denied)
    except DenylistDown as error:
        is_open = settings.denylist_failure is DenylistFailure.OPEN
        verdict = Verdict.OK if is_open else Verdict.UNKNOWN
        what = "accepted" if is_open else "answered with 503"
        checks.note("denylist", verdict, f"can't be known, and is {what}: {error}")


@dataclass(kw_only=True)
class RefreshInspection:
    """What could be read of a refresh token, and its login if there is one."""

    checks: Checks = field(default_factory=Checks)
    token: UnverifiedRefreshToken | None = None
    key: Key | None = None
    login: FoundFamily | None = None


@sensitive_variables()
def inspect_refresh(text: str, *, now: float) -> RefreshInspection:
    """Make every check of a refresh token; it is not rotated, whatever comes out.

    Args:
        text: as it came.
        now: Unix seconds.

    Raises:
        ImproperlyConfigured: there are no keys to check by.
    """
    found, keys = RefreshInspection(), key_source.refresh_keys(now)
    checks = found.checks
    found.token = unverified = checks.hold("spelling", lambda: peek_unverified(text))
    if unverified is None:
        checks.skip("key", "tag", *_LOGIN_CHECKS, why="the text can't be read")
        return found
    found.key = _named(unverified.key_hint, now)
    checks.hold("key", lambda: keys.find(unverified.key_hint, now))
    token = checks.hold("tag", lambda: keys.parse(text, now))
    _inspect_login(found, unverified.sid, token, keys, now)
    return found


def _named(hint: bytes, now: float) -> Key | None:
    """Return the refresh key of that hint, whether it is alive or not."""
    keys = [key for key in key_source.key_ring(now) if key.use is KeyUse.REFRESH]
    return next((key for key in keys if key_hint(key) == hint), None)


def _inspect_login(
    found: RefreshInspection,
    sid: bytes,
    token: RefreshToken | None,
    keys: RefreshKeys,
    now: float,
) -> None:
    def read() -> None:
        found.login = families.find(sid)
        if found.login is None:
            raise FamilyRefused("there is none")
        _refuse_over(found.login)

    checks = found.checks
    _ask_database(checks, "login", read)
    login = found.login
    if login is None:
        checks.skip(*_LOGIN_CHECKS[1:], why="the login can't be read")
        return
    hint = bytes(login.row.key_hint)
    state = _ask_database(
        checks, "login's key", lambda: families.state_of(login, keys.find(hint, now))
    )
    if state is None:
        checks.skip("user", "generation", why="the login's key is missing for it")
        return
    checks.hold("user", lambda: _refuse_unbound(state))
    if token is None:
        checks.skip("generation", why="the token is not proven")
        return
    _check_generation(checks, state, token, login.now)


def _refuse_over(login: FoundFamily) -> None:
    row = login.row
    if row.revoked_at is not None:
        raise FamilyRefused(f"ended early, reason {row.revoked_reason!r}")
    if login.absolute_expires_at <= login.now:
        raise FamilyRefused("past its absolute timeout")
    if login.idle_expires_at <= login.now:
        raise FamilyRefused("past its idle timeout")


def _refuse_unbound(state: FamilyState) -> None:
    if not state.is_bound:
        raise UserInactive("or client, scope or password are not those of the login")


def _check_generation(
    checks: Checks, state: FamilyState, token: RefreshToken, now: datetime
) -> None:
    """Ask the table what would become of the token if the login were well."""
    context = b""
    well = replace(
        state,
        context=state.key.context(context),  # as if its owner presented it
        idle_expires_at=_NEVER,
        absolute_expires_at=_NEVER,
        is_revoked=False,
        is_bound=True,
    )
    policy = get_settings().policy
    decision = decide(well, token, context=context, policy=policy, now=now)
    match decision.outcome:
        case RotationOutcome.ROTATED:
            checks.note("generation", Verdict.OK, "the current one")
        case RotationOutcome.RETRY | RotationOutcome.DISPLACED:
            checks.note("generation", Verdict.OK, "the one before, still in time")
        case RotationOutcome.OUTDATED:
            refusal: TokenRefused = FamilyOutdated("a restored backup?")
            checks.note("generation", Verdict.FAILED, refusal_in_words(refusal))
        case _:
            refusal = TokenReused(f"{decision.reuse}; presenting it ends the login")
            checks.note("generation", Verdict.FAILED, refusal_in_words(refusal))
