"""``.well-known/oauth-authorization-server``: what there is (RFC 8414)."""

from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import unquote

from django.http import Http404
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from jwtauth.conf import get_settings
from jwtauth.core.issuer import IssuerURL, parse_issuer
from jwtauth.core.keys import KeyUse
from jwtauth.stores import key_source
from jwtauth.views.public_document import PublicDocument

METADATA_PATH = ".well-known/oauth-authorization-server"
NAMESPACE = "jwtauth_well_known"
"""Of ``jwtauth.well_known``: apart from ``jwtauth``, which stands elsewhere."""


class MetadataView(PublicDocument):
    """``GET .well-known/oauth-authorization-server``: issuer, keys and revocation.

    An issuer with a path has it appended (RFC 8414 §3.1); any other path is 404, and so
    is everything where ``ISSUER`` is no URL that RFC 8414 §2 allows, or where it is
    another service, whose keys come from an address.

    Every address is made from ``ISSUER`` and Django's own URLs. The Host header is
    whatever the caller writes: in a cached answer it would send others to their keys.

    Left out, out of RFC 8414 §2:

    - ``authorization_endpoint``: required only for grants that use one.
    - ``token_endpoint``: ours is no OAuth one. It is a login for first-party clients,
      and a client that believed it would use the password grant (RFC 9700 §2.4).
    - ``scopes_supported``: recommended; only the project's ``CLAIMS`` knows them.
    - ``introspection_endpoint``, ``registration_endpoint``: there are none.

    ``response_types_supported`` is required, and ``grant_types_supported`` means code
    and implicit where it is left out: both are empty lists, which is the truth, though
    §3.2 would have a list without elements left out.
    """

    def document(self, now: float) -> Mapping[str, object]:
        """Return the metadata.

        Raises:
            Http404: this is no address of the issuer's metadata.
        """
        issuer = get_settings().policy.issuer
        url = parse_issuer(issuer)
        if url is None:
            raise Http404("JWTAUTH['ISSUER'] is no https URL.")
        if key_source.own_keys() is None:
            raise Http404("JWTAUTH['ISSUER'] is another service.")
        # Django hands paths over decoded.
        if self.kwargs.get("issuer_path", "") != unquote(url.path).removeprefix("/"):
            raise Http404("JWTAUTH['ISSUER'] has another path.")
        return {
            "issuer": issuer,
            **_jwks(url),
            **_revocation(url),
            "response_types_supported": [],
            "grant_types_supported": [],
            "access_token_signing_alg_values_supported": _algorithms(now),
        }


def _jwks(url: IssuerURL) -> dict[str, object]:
    address = _address(url, f"{NAMESPACE}:jwks", "jwtauth:jwks")
    return {} if address is None else {"jwks_uri": address}


def _revocation(url: IssuerURL) -> dict[str, object]:
    """Return where to revoke tokens; whoever holds one may, without other proof."""
    address = _address(url, "jwtauth:token_revoke")
    if address is None:
        return {}
    return {
        "revocation_endpoint": address,
        "revocation_endpoint_auth_methods_supported": ["none"],
    }


def _address(url: IssuerURL, *names: str) -> str | None:
    """Return the address of the first of these URL names that is mounted.

    The one in the project's own language: caches hand an answer to all callers, and
    not all of them look at who asked in which.
    """
    for name in names:
        with suppress(NoReverseMatch), translation.override(None):
            return url.origin + reverse(name)
    return None


def _algorithms(now: float) -> list[str]:
    """Return what access tokens that count are signed with, the next key's too."""
    living = key_source.key_ring(now).living(KeyUse.SIG, now)
    return sorted({key.alg for key in living})
