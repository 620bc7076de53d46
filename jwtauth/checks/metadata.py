"""Checks of the metadata document, where a project serves it."""

from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 # Django's name
from django.urls import NoReverseMatch, reverse

from jwtauth.checks.registry import register_for_settings
from jwtauth.conf import Settings
from jwtauth.core.issuer import parse_issuer
from jwtauth.views.metadata import METADATA_PATH, NAMESPACE


@register_for_settings(Tags.urls)
def check_issuer_url(settings: Settings) -> list[CheckMessage]:
    """W007: where metadata is served, its issuer is a URL (RFC 8414 §2)."""
    issuer = settings.policy.issuer
    if _served_at() is None or parse_issuer(issuer) is not None:
        return []
    return [
        Warning(
            f"JWTAUTH['ISSUER'] is {issuer!r}: the metadata of 'jwtauth.well_known' is "
            "404.",
            hint="Write an https URL without query and fragment, 'https://your.domain' "
            "(http is for loopback alone); clients refresh once, because tokens of "
            "another issuer are refused. Or leave jwtauth.well_known out of the URLs.",
            id="jwtauth.W007",
        )
    ]


@register(Tags.urls)
def check_metadata_address(**_: Any) -> list[CheckMessage]:  # noqa: ANN401 # Django's signature
    """W008: metadata is served at the root of the host (RFC 8414 §3, RFC 8615)."""
    served_at = _served_at()
    if served_at in {None, f"/{METADATA_PATH}"}:
        return []
    return [
        Warning(
            f"The metadata of 'jwtauth.well_known' is served at {served_at}, where "
            "nobody looks for it.",
            hint="Include it at the root: path('', include('jwtauth.well_known')). "
            "If a proxy before Django takes a prefix away or adds one, silence this.",
            id="jwtauth.W008",
        )
    ]


def _served_at() -> str | None:
    """Return the path of the metadata; None if the project doesn't serve it."""
    if not getattr(django_settings, "ROOT_URLCONF", None):
        return None
    try:
        return reverse(f"{NAMESPACE}:metadata")
    except NoReverseMatch:
        return None
