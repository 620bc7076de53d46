"""The table of ``JWTAUTH``: each key with its reader, its default and its cure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from jwtauth.conf import readers
from jwtauth.conf.choices import (
    DenylistCovers,
    DenylistFailure,
    Revocation,
    SameSite,
    SessionLimitPolicy,
    UserLoading,
)
from jwtauth.core.policy import TokenPolicy

_REQUIRED = object()


@dataclass(frozen=True, kw_only=True)
class Option:
    """One key of ``JWTAUTH``; ``id`` is that of the system check."""

    id: str
    read: readers.Reader
    cure: str
    default: object = _REQUIRED

    @property
    def is_required(self) -> bool:
        """Whether there is no safe default."""
        return self.default is _REQUIRED


def _timeout(id_: str, default: timedelta) -> Option:
    return Option(
        id=id_,
        read=readers.duration,
        default=default,
        cure=f"e.g. {default!r}, the default.",
    )


OPTIONS: Mapping[str, Option] = {
    "ISSUER": Option(
        id="jwtauth.E003",
        read=readers.text,
        cure="Write who issues the tokens, usually 'https://your.domain'.",
    ),
    "AUDIENCE": Option(
        id="jwtauth.E004",
        read=readers.text,
        cure="Write whom the tokens are for, usually 'https://api.your.domain'.",
    ),
    "OTHER_AUDIENCES": Option(
        id="jwtauth.E053",
        read=readers.identifiers,
        default=(),
        cure="e.g. ('https://reports.your.domain',): the AUDIENCE of each other "
        "service that access tokens are for; () is the default.",
    ),
    "CLIENT_ID": Option(
        id="jwtauth.E005",
        read=readers.text,
        default="first-party",
        cure="Leave it out or name your one first-party client.",
    ),
    "KEYS": Option(
        id="jwtauth.E006",
        read=readers.keys,
        cure="Write a directory of JWK files, a list of JWKs, the dotted path of a "
        "callable that returns them, or to verify only the https address of a JWKS.",
    ),
    "KEY_RELOAD_INTERVAL": _timeout("jwtauth.E007", timedelta(seconds=60)),
    "KEY_OVERLAP": _timeout("jwtauth.E008", timedelta(minutes=10)),
    "ACCESS_TOKEN_LIFETIME": _timeout(
        "jwtauth.E009", TokenPolicy.access_token_lifetime
    ),
    "REFRESH_IDLE_TIMEOUT": _timeout("jwtauth.E010", TokenPolicy.refresh_idle_timeout),
    "REFRESH_ABSOLUTE_TIMEOUT": _timeout(
        "jwtauth.E011", TokenPolicy.refresh_absolute_timeout
    ),
    "REFRESH_GRACE_PERIOD": Option(
        id="jwtauth.E012",
        read=readers.window,
        default=TokenPolicy.refresh_grace_period,
        cure="e.g. datetime.timedelta(seconds=10), the default; 0 for single use.",
    ),
    "REFRESH_RETRY_WINDOW": Option(
        id="jwtauth.E013",
        read=readers.window,
        default=TokenPolicy.refresh_retry_window,
        cure="e.g. datetime.timedelta(seconds=120), the default; 0 for none.",
    ),
    "REFRESH_CONTEXT": Option(
        id="jwtauth.E014",
        read=readers.names_out_of(readers.CONTEXT_PARTS),
        default=("user_agent",),
        cure="e.g. ('user_agent',), the default.",
    ),
    "REVOCATION": Option(
        id="jwtauth.E015",
        read=readers.one_of(Revocation),
        default="denylist",
        cure="'denylist' revokes access tokens at once, 'refresh_only' waits for "
        "them to expire.",
    ),
    "DENYLIST_CACHE": Option(
        id="jwtauth.E016",
        read=readers.cache_alias,
        default="default",
        cure="Name an alias of CACHES that django-redis serves.",
    ),
    "DENYLIST_FAILURE": Option(
        id="jwtauth.E017",
        read=readers.one_of(DenylistFailure),
        default="closed",
        cure="'closed' answers 503 while Redis is down, 'open' lets revoked "
        "tokens pass until they expire.",
    ),
    "DENYLIST_COVERS": Option(
        id="jwtauth.E018",
        read=readers.one_of(DenylistCovers),
        default="refresh",
        cure="'refresh' keeps entries as long as the login could have lived, "
        "'access' as long as its last access token.",
    ),
    "USER": Option(
        id="jwtauth.E019",
        read=readers.one_of(UserLoading),
        default="lazy",
        cure="'lazy' reads the user's row on first use, 'database' always; 'claims' is "
        "for a service without user model.",
    ),
    "LEEWAY": Option(
        id="jwtauth.E020",
        read=readers.leeway,
        default=TokenPolicy.leeway,
        cure="e.g. datetime.timedelta(seconds=5), the default.",
    ),
    "MAX_TOKEN_LENGTH": Option(
        id="jwtauth.E021",
        read=readers.positive_number,
        default=TokenPolicy.max_token_length,
        cure="Write a number of characters, e.g. 8192, the default.",
    ),
    "TRUSTED_PROXY_HOPS": Option(
        id="jwtauth.E022",
        read=readers.whole_number,
        default=0,
        cure="Write how many proxies of yours stand before Django; 0 is none.",
    ),
    "DELIVERY": Option(
        id="jwtauth.E025",
        read=readers.delivery,
        default=("cookie",),
        cure="{'cookie'} is the default and safe in browsers; {'bearer'} is for "
        "native apps and services; both may be on.",
    ),
    "COOKIE_SAMESITE": Option(
        id="jwtauth.E026",
        read=readers.one_of(SameSite),
        default="Strict",
        cure="'Strict' is the default.",
    ),
    "ACCESS_COOKIE_NAME": Option(
        id="jwtauth.E027",
        read=readers.cookie_name,
        default="__Host-access-token",
        cure="e.g. '__Host-access-token', the default.",
    ),
    "REFRESH_COOKIE_NAME": Option(
        id="jwtauth.E028",
        read=readers.cookie_name,
        default="__Host-refresh-token",
        cure="e.g. '__Host-refresh-token', the default.",
    ),
    "COOKIE_SECURE": Option(
        id="jwtauth.E029",
        read=readers.flag,
        default=True,
        cure="Leave it out; False is for development over plain HTTP.",
    ),
    "CLAIMS": Option(
        id="jwtauth.E034",
        read=readers.optional(readers.function),
        default=None,
        cure="Write the dotted path of a function (user, family) -> dict of claims.",
    ),
    "CLAIM_NAMES": Option(
        id="jwtauth.E035",
        read=readers.claim_names,
        default=(),
        cure="Write the names of the claims that CLAIMS may return.",
    ),
    "ENCRYPTION": Option(
        id="jwtauth.E036",
        read=readers.flag,
        default=False,
        cure="True wraps access tokens in JWE; needs the extra 'jwe'.",
    ),
    "MAX_SESSIONS_PER_USER": Option(
        id="jwtauth.E037",
        read=readers.optional(readers.positive_number),
        default=None,
        cure="Write how many logins a user may have at once; None is any number.",
    ),
    "SESSION_LIMIT_POLICY": Option(
        id="jwtauth.E038",
        read=readers.one_of(SessionLimitPolicy),
        default="evict_oldest",
        cure="'evict_oldest' ends the oldest login, 'deny' refuses the new one.",
    ),
    "VERIFIED_CACHE_SIZE": Option(
        id="jwtauth.E039",
        read=readers.whole_number,
        default=4096,
        cure="Write how many verified access tokens a process remembers; 0 is none.",
    ),
    "LOGIN_SERIALIZER": Option(
        id="jwtauth.E040",
        read=readers.function,
        default="jwtauth.serializers.TokenObtainSerializer",
        cure="Write the dotted path of a serializer class whose validated data are "
        "the credentials.",
    ),
    "USER_CHECK": Option(
        id="jwtauth.E041",
        read=readers.optional(readers.function),
        default=None,
        cure="Write the dotted path of a function user -> bool.",
    ),
    "STEP_UP_MAX_AGE": Option(
        id="jwtauth.E042",
        read=readers.duration,
        default=timedelta(minutes=15),
        cure="e.g. datetime.timedelta(minutes=15), the default.",
    ),
    "CLEAR_SITE_DATA": Option(
        id="jwtauth.E043",
        read=readers.names_out_of(readers.CLEARABLE),
        default=("cache",),
        cure="e.g. ('cache',), the default; () sends no header.",
    ),
    "MAIL_ON_REUSE": Option(
        id="jwtauth.E044",
        read=readers.flag,
        default=False,
        cure="True mails the user and ADMINS when a refresh token is reused.",
    ),
}
