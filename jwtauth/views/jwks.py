"""``.well-known/jwks.json``: the public keys (RFC 7517 §5)."""

from collections.abc import Mapping

from django.http import Http404

from jwtauth.core.jwk_set import jwks
from jwtauth.stores import key_source
from jwtauth.views.public_document import PublicDocument


class JWKSView(PublicDocument):
    """``GET .well-known/jwks.json``: the public keys (RFC 7517 §5)."""

    content_type = "application/jwk-set+json"

    def document(self, now: float) -> Mapping[str, object]:
        """Return the JWK Set; the next key is in it before it signs.

        Raises:
            Http404: the keys are another service's: ask there, where none is stale.
        """
        if key_source.own_keys() is None:
            raise Http404("JWTAUTH['KEYS'] are another service's.")
        return jwks(key_source.key_ring(now), now)
