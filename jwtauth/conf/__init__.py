"""The ``JWTAUTH`` setting as one frozen, typed object; nothing else reads that setting.

``problems()`` lists everything that is wrong, for the system checks;
``get_settings()`` raises the first of it, for processes that ran no checks.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from importlib.util import find_spec
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from jwtauth.conf.choices import (
    Delivery,
    DenylistCovers,
    DenylistFailure,
    Revocation,
    SameSite,
    SessionLimitPolicy,
    UserLoading,
)
from jwtauth.conf.options import OPTIONS
from jwtauth.conf.readers import KeySource, OwnKeys, Refused
from jwtauth.core.jwks_address import JWKSAddress
from jwtauth.core.policy import TokenPolicy

__all__ = [
    "MIN_REMOTE_INTERVAL",
    "Delivery",
    "DenylistCovers",
    "DenylistFailure",
    "JWKSAddress",
    "KeySource",
    "OwnKeys",
    "Problem",
    "Revocation",
    "SameSite",
    "SessionLimitPolicy",
    "Settings",
    "UserLoading",
    "get_settings",
    "problems",
]


MIN_REMOTE_INTERVAL = timedelta(seconds=30)
"""Between two attempts at fetching the keys of another service."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``JWTAUTH`` with its defaults; the reference page describes each."""

    policy: TokenPolicy
    keys: KeySource = field(repr=False)
    key_reload_interval: timedelta
    key_overlap: timedelta
    refresh_context: tuple[str, ...]
    revocation: Revocation
    denylist_cache: str
    denylist_failure: DenylistFailure
    denylist_covers: DenylistCovers
    delivery: frozenset[Delivery]
    cookie_samesite: SameSite
    access_cookie_name: str
    refresh_cookie_name: str
    cookie_secure: bool
    claims: Callable[..., Mapping[str, Any]] | None
    claim_names: tuple[str, ...]
    user: UserLoading
    user_check: Callable[..., bool] | None
    login_serializer: Callable[..., Any]
    max_sessions_per_user: int | None
    session_limit_policy: SessionLimitPolicy
    step_up_max_age: timedelta
    verified_cache_size: int
    clear_site_data: tuple[str, ...]
    mail_on_reuse: bool
    trusted_proxy_hops: int


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with the setting, and the cure."""

    id: str
    message: str
    hint: str


def problems() -> list[Problem]:
    """Return everything that is wrong with ``JWTAUTH`` as it stands now."""
    raw = getattr(django_settings, "JWTAUTH", None)
    if not isinstance(raw, dict):
        return [
            Problem(
                id="jwtauth.E001",
                message="The setting JWTAUTH is missing or not a dict.",
                hint="Write JWTAUTH = {'ISSUER': ..., 'AUDIENCE': ..., 'KEYS': ...}.",
            )
        ]
    found = [*_unknown_keys(raw), *_wrong_values(raw)]
    return found or list(_contradictions(raw))


def _unknown_keys(raw: Mapping[Any, object]) -> Iterator[Problem]:
    for key in raw:
        if key not in OPTIONS:
            near = difflib.get_close_matches(str(key), OPTIONS, n=1)
            yield Problem(
                id="jwtauth.E002",
                message=f"JWTAUTH has no key {key!r}.",
                hint=f"Did you mean {near[0]!r}?" if near else "Remove it.",
            )


def _wrong_values(raw: Mapping[str, object]) -> Iterator[Problem]:
    for name, option in OPTIONS.items():
        if name not in raw and option.is_required:
            message = f"JWTAUTH[{name!r}] is missing."
            yield Problem(id=option.id, message=message, hint=option.cure)
        elif name in raw:
            try:
                option.read(raw[name])
            except Refused as error:
                message = f"JWTAUTH[{name!r}] {error}."
                yield Problem(id=option.id, message=message, hint=option.cure)


def _contradictions(raw: Mapping[str, object]) -> Iterator[Problem]:
    settings = _settings(raw)
    yield from _wrong_audiences(settings.policy)
    yield from _wrong_timing(settings)
    yield from _wrong_cookies(settings)
    yield from _wrong_sources(settings, is_user_said="USER" in raw)
    if settings.policy.encryption and find_spec("joserfc") is None:
        yield Problem(
            id="jwtauth.E052",
            message="JWTAUTH['ENCRYPTION'] is on, and joserfc is not installed.",
            hint="Install the extra: 'pip install django-tandem-auth[jwe]'.",
        )


def _wrong_audiences(policy: TokenPolicy) -> Iterator[Problem]:
    if policy.audience in policy.other_audiences:
        yield Problem(
            id=OPTIONS["OTHER_AUDIENCES"].id,
            message="JWTAUTH['OTHER_AUDIENCES'] has JWTAUTH['AUDIENCE'] itself.",
            hint="Each service has an identifier of its own; tokens name this one "
            "in any case.",
        )


def _wrong_timing(settings: Settings) -> Iterator[Problem]:
    policy = settings.policy
    if policy.refresh_idle_timeout > policy.refresh_absolute_timeout:
        yield Problem(
            id="jwtauth.E023",
            message="JWTAUTH['REFRESH_IDLE_TIMEOUT'] is longer than "
            "JWTAUTH['REFRESH_ABSOLUTE_TIMEOUT'].",
            hint="A login ends at the absolute timeout in any case: shorten the "
            "idle timeout.",
        )
    # A process learns of the next key one reload after it was published.
    if settings.key_overlap < settings.key_reload_interval:
        yield Problem(
            id="jwtauth.E024",
            message="JWTAUTH['KEY_OVERLAP'] is shorter than "
            "JWTAUTH['KEY_RELOAD_INTERVAL'].",
            hint="The next key would sign before everybody knows it: lengthen the "
            "overlap or reload more often.",
        )


def _wrong_sources(settings: Settings, *, is_user_said: bool) -> Iterator[Problem]:
    if isinstance(settings.keys, JWKSAddress):
        yield from _wrong_beside_an_address(settings, is_user_said=is_user_said)
    if settings.user is UserLoading.CLAIMS and "jwtauth" in _installed_apps():
        yield Problem(
            id="jwtauth.E055",
            message="JWTAUTH['USER'] is 'claims', and jwtauth is installed with its "
            "models.",
            hint="Take 'jwtauth' out of INSTALLED_APPS where tokens are only "
            "verified; where there are users, 'lazy' reads none until it is asked.",
        )


def _wrong_beside_an_address(
    settings: Settings, *, is_user_said: bool
) -> Iterator[Problem]:
    if settings.key_reload_interval < MIN_REMOTE_INTERVAL:
        yield Problem(
            id="jwtauth.E054",
            message="JWTAUTH['KEY_RELOAD_INTERVAL'] is shorter than "
            f"{MIN_REMOTE_INTERVAL.seconds} s, and JWTAUTH['KEYS'] is an address.",
            hint="Lengthen it: every process asks the issuer that often.",
        )
    if settings.policy.encryption:
        yield Problem(
            id="jwtauth.E056",
            message="JWTAUTH['ENCRYPTION'] is on, and JWTAUTH['KEYS'] is an address.",
            hint="Nobody publishes a key to decrypt with, so every token would be "
            "refused: leave ENCRYPTION out, here and at the issuer.",
        )
    if not is_user_said:
        yield Problem(
            id="jwtauth.E057",
            message="JWTAUTH['KEYS'] is an address, and JWTAUTH has no 'USER'.",
            hint="The issuer's user 1 must not be this project's user 1: write "
            "'claims'; or 'lazy' or 'database' where this project is on the issuer's "
            "own database.",
        )


def _installed_apps() -> set[str]:
    """Return what is installed, by either of the names that one may write."""
    return {str(entry).partition(".")[0] for entry in django_settings.INSTALLED_APPS}


def _wrong_cookies(settings: Settings) -> Iterator[Problem]:
    names = [settings.access_cookie_name, settings.refresh_cookie_name]
    if not settings.cookie_secure and not django_settings.DEBUG:
        yield Problem(
            id="jwtauth.E045",
            message="JWTAUTH['COOKIE_SECURE'] is False, and DEBUG is off.",
            hint="Leave it out: over plain HTTP anybody on the way reads the tokens.",
        )
    # RFC 6265bis §4.1.3: browsers drop such a cookie without a word.
    if not settings.cookie_secure and any(name.startswith("__") for name in names):
        yield Problem(
            id="jwtauth.E046",
            message="JWTAUTH['COOKIE_SECURE'] is False, and the name of a token "
            "cookie begins with '__'.",
            hint="Browsers refuse it: name the cookies without a prefix as well.",
        )
    others = [django_settings.SESSION_COOKIE_NAME, django_settings.CSRF_COOKIE_NAME]
    if len({*names, *others}) < len(names) + len(others):
        yield Problem(
            id="jwtauth.E047",
            message=f"Two cookies share a name, out of {', '.join(names + others)}.",
            hint="Give JWTAUTH['ACCESS_COOKIE_NAME'], JWTAUTH['REFRESH_COOKIE_NAME'], "
            "SESSION_COOKIE_NAME and CSRF_COOKIE_NAME a name of their own each.",
        )


def _settings(raw: Mapping[str, object]) -> Settings:
    value = {
        name: option.read(raw.get(name, option.default))
        for name, option in OPTIONS.items()
    }
    policy_names = TokenPolicy.__dataclass_fields__
    return Settings(
        policy=TokenPolicy(
            **{name: value.pop(name.upper()) for name in policy_names},
        ),
        **{name.lower(): item for name, item in value.items()},
    )


@cache
def get_settings() -> Settings:
    """Return the settings in force.

    Raises:
        ImproperlyConfigured: ``JWTAUTH`` is wrong; says where and how to mend it.
    """
    for problem in problems():
        raise ImproperlyConfigured(f"{problem.message} {problem.hint}")
    return _settings(django_settings.JWTAUTH)


_SETTINGS_READ = {
    "JWTAUTH",
    "CACHES",
    "DEBUG",
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "INSTALLED_APPS",
}


def _forget(*, setting: str, **_: object) -> None:
    if setting in _SETTINGS_READ:
        get_settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="jwtauth.conf")
