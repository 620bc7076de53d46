"""Checks of the cookie: whether browsers take it, who may read it, who sends it."""

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 # Django's name

# What browsers want of a cookie with such a name (RFC 6265bis, section 4.1.3, and its
# successor for the two with Http). They compare the prefix without regard to case.
_WANTED = {
    "__host-http-": ("secure", "host_only", "httponly"),
    "__host-": ("secure", "host_only"),
    "__http-": ("secure", "httponly"),
    "__secure-": ("secure",),
}
_CURES = {
    "secure": "SESSION_COOKIE_SECURE = True",
    "host_only": "SESSION_COOKIE_DOMAIN = None and SESSION_COOKIE_PATH = '/'",
    "httponly": "SESSION_COOKIE_HTTPONLY = True",
}


@register(Tags.security)
def check_prefix(**_: object) -> list[CheckMessage]:
    """E008: browsers take a cookie of this name."""
    name = django_settings.SESSION_COOKIE_NAME
    found = {
        "secure": django_settings.SESSION_COOKIE_SECURE,
        "host_only": _is_host_only(),
        "httponly": django_settings.SESSION_COOKIE_HTTPONLY,
    }
    prefix = next((p for p in _WANTED if name.lower().startswith(p)), None)
    missing = [fact for fact in _WANTED.get(prefix or "", ()) if not found[fact]]
    if not missing:
        return []
    cure = ", ".join(_CURES[fact] for fact in missing)
    return [
        Error(
            f"Browsers refuse a cookie of the name {name!r} as it is set: nobody can "
            "log in.",
            hint=f"Set {cure}, or choose another SESSION_COOKIE_NAME (RFC 6265bis, "
            "section 4.1.3).",
            id="sessionauth.E008",
        )
    ]


@register(Tags.security)
def check_samesite(**_: object) -> list[CheckMessage]:
    """E009, W004: other sites' requests don't carry the cookie."""
    samesite = django_settings.SESSION_COOKIE_SAMESITE
    if samesite in {"Lax", "Strict"}:
        return []
    if samesite == "None" and not django_settings.SESSION_COOKIE_SECURE:
        return [
            Error(
                "SESSION_COOKIE_SAMESITE is 'None' and SESSION_COOKIE_SECURE is off: "
                "browsers refuse such a cookie, and nobody can log in.",
                hint="Set 'Lax' or 'Strict'; or, if the front end is on another site, "
                "SESSION_COOKIE_SECURE = True.",
                id="sessionauth.E009",
            )
        ]
    return [
        Warning(
            f"SESSION_COOKIE_SAMESITE is {samesite!r}.",
            hint="Browsers send the cookie along with other sites' requests. "
            "Set 'Lax' or 'Strict'.",
            id="sessionauth.W004",
        )
    ]


@register(Tags.security)
def check_exposure(**_: object) -> list[CheckMessage]:
    """W002, W005: no script reads the cookie, and it goes with the browser."""
    found: list[CheckMessage] = []
    if not django_settings.SESSION_COOKIE_HTTPONLY:
        found.append(
            Warning(
                "SESSION_COOKIE_HTTPONLY is off.",
                hint="Any script on the page can read the session's id. Remove it.",
                id="sessionauth.W002",
            )
        )
    if not django_settings.SESSION_EXPIRE_AT_BROWSER_CLOSE:
        found.append(
            Warning(
                "SESSION_EXPIRE_AT_BROWSER_CLOSE is off.",
                hint="The cookie stays on shared computers. Set it to True; who asks "
                "for 'remember' at the login gets one that stays.",
                id="sessionauth.W005",
            )
        )
    return found


@register(Tags.security, deploy=True)
def check_secure(**_: object) -> list[CheckMessage]:
    """E010: the cookie travels by TLS alone."""
    if django_settings.SESSION_COOKIE_SECURE or django_settings.DEBUG:
        return []
    return [
        Error(
            "SESSION_COOKIE_SECURE is off, and DEBUG too.",
            hint="The session's id travels without TLS. Set it to True.",
            id="sessionauth.E010",
        )
    ]


@register(Tags.security, deploy=True)
def check_name(**_: object) -> list[CheckMessage]:
    """W001: the cookie's name binds it to this host, or to TLS where it can't."""
    name = django_settings.SESSION_COOKIE_NAME.lower()
    prefixes = ("__host-",) if _is_host_only() else ("__secure-", "__http-", "__host-")
    if name.startswith(prefixes):
        return []
    cure = "'__Host-sessionid'" if _is_host_only() else "'__Secure-sessionid'"
    return [
        Warning(
            f"SESSION_COOKIE_NAME is {django_settings.SESSION_COOKIE_NAME!r}.",
            hint=f"Set {cure}: a page without TLS, or of a sibling domain, can't plant "
            "a cookie of that name (RFC 6265bis, section 4.1.3).",
            id="sessionauth.W001",
        )
    ]


def _is_host_only() -> bool:
    domain = django_settings.SESSION_COOKIE_DOMAIN
    return not domain and django_settings.SESSION_COOKIE_PATH == "/"
