"""Checks of ``JWTAUTH`` itself: its keys, its lifetimes, and what it names."""

import time
from datetime import timedelta
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 # Django's name
from django.utils.module_loading import import_string

from jwtauth import conf
from jwtauth.checks.registry import register_for_settings
from jwtauth.conf import JWKSAddress, Settings
from jwtauth.core.keys import KeyUse
from jwtauth.core.personal_names import looks_personal
from jwtauth.exceptions import KeyRefused
from jwtauth.stores import private_keys

_LONG_ACCESS_TOKEN = timedelta(minutes=60)
_LASTING_RSA_BITS = 3072  # NIST SP 800-57 part 1, table 2: beyond 2030
_LONG_RETRY_WINDOW = timedelta(seconds=300)


@register(Tags.security)
def check_settings(**_: Any) -> list[CheckMessage]:  # noqa: ANN401 # Django's signature
    """E001-E029, E034-E047, E052-E057: ``JWTAUTH`` has known, typed, coherent keys."""
    return [
        Error(problem.message, hint=problem.hint, id=problem.id)
        for problem in conf.problems()
    ]


@register_for_settings(Tags.security)
def check_keys(settings: Settings) -> list[CheckMessage]:
    """E030: the keys can be read, are strong enough, and fit together."""
    if isinstance(settings.keys, JWKSAddress):
        # Another service's to check, and no check may wait for one.
        return []
    _ring, problems = private_keys.load_ring(settings.keys, time.time())
    return [
        Error(f"JWTAUTH['KEYS']: {problem}", hint=problem.hint, id="jwtauth.E030")
        for problem in problems
    ]


@register_for_settings(Tags.security)
def check_rsa_keys(settings: Settings) -> list[CheckMessage]:
    """W002: RSA keys are long enough for the years to come."""
    if isinstance(settings.keys, JWKSAddress):
        return []
    now = time.time()
    ring, _problems = private_keys.load_ring(settings.keys, now)
    return [
        Warning(
            f"JWTAUTH['KEYS']: RSA key {key.kid} has {key.rsa_bits} bits.",
            hint=f"Rotate to one of {_LASTING_RSA_BITS} bits ('manage.py jwtauth_keys "
            "rotate' makes such), or to ES256, which is smaller and faster.",
            id="jwtauth.W002",
        )
        for key in ring.living(KeyUse.SIG, now)
        if key.rsa_bits is not None and key.rsa_bits < _LASTING_RSA_BITS
    ]


@register_for_settings(Tags.security)
def check_key_files(settings: Settings) -> list[CheckMessage]:
    """W003: key files are their owner's alone."""
    if isinstance(settings.keys, JWKSAddress):
        return []
    try:
        files = private_keys.open_files(settings.keys)
    except (KeyRefused, OSError):
        return []  # E030 tells of it
    return [
        Warning(
            f"JWTAUTH['KEYS']: others than its owner have access to {path}.",
            hint="Whoever reads it can sign as anybody: 'chmod 600' it.",
            id="jwtauth.W003",
        )
        for path in files
    ]


@register_for_settings(Tags.security)
def check_access_token_lifetime(settings: Settings) -> list[CheckMessage]:
    """W001: access tokens live an hour at most (RFC 9700 §4.14)."""
    if settings.policy.access_token_lifetime <= _LONG_ACCESS_TOKEN:
        return []
    return [
        Warning(
            "JWTAUTH['ACCESS_TOKEN_LIFETIME'] is longer than an hour.",
            hint="A stolen access token works that long. Shorten it: clients refresh.",
            id="jwtauth.W001",
        )
    ]


@register_for_settings(Tags.security)
def check_retry_window(settings: Settings) -> list[CheckMessage]:
    """E048: a predecessor counts five minutes at most; silence it for native apps."""
    policy = settings.policy
    longest = max(policy.refresh_grace_period, policy.refresh_retry_window)
    if longest <= _LONG_RETRY_WINDOW:
        return []
    return [
        Error(
            "JWTAUTH['REFRESH_GRACE_PERIOD'] or JWTAUTH['REFRESH_RETRY_WINDOW'] is "
            f"longer than {_LONG_RETRY_WINDOW.seconds} s.",
            hint="All that time a stolen predecessor still works. Shorten it, or "
            "silence this check if native apps lose answers for that long.",
            id="jwtauth.E048",
        )
    ]


@register_for_settings(Tags.security)
def check_functions(_settings: Settings) -> list[CheckMessage]:
    """E049: what the settings name by a dotted path can be imported."""
    raw = django_settings.JWTAUTH
    return [
        Error(
            f"JWTAUTH[{name!r}] names {path!r}, which can't be imported: {fault}.",
            hint="Write the dotted path of a function or of a class, in a module that "
            "itself imports what is there.",
            id="jwtauth.E049",
        )
        for name in ("CLAIMS", "USER_CHECK", "LOGIN_SERIALIZER")
        if isinstance(path := raw.get(name), str) and (fault := _import_fault(path))
    ]


def _import_fault(path: str) -> str:
    """Return why a dotted path leads nowhere; an empty string if it doesn't."""
    try:
        import_string(path)
    except ImportError as error:
        return str(error)
    return ""


@register_for_settings(Tags.security)
def check_claim_names(settings: Settings) -> list[CheckMessage]:
    """W006: access tokens show no personal data to who holds them (RFC 9068 §6)."""
    if settings.policy.encryption:
        return []
    return [
        Warning(
            f"JWTAUTH['CLAIM_NAMES'] has {name!r}, which looks like personal data or "
            "a secret.",
            hint="Access tokens are signed, not secret: clients, proxies and logs can "
            "read them. Leave it out and read it from the user, set "
            "JWTAUTH['ENCRYPTION'], or use sessions.",
            id="jwtauth.W006",
        )
        for name in settings.claim_names
        if looks_personal(name)
    ]
