"""What clients look for at the root of a host (RFC 8615): metadata and public keys.

Include it there, ``path("", include("jwtauth.well_known"))``, wherever ``jwtauth.urls``
stands.
"""

from django.urls import path

from jwtauth.views.jwks import JWKSView
from jwtauth.views.metadata import METADATA_PATH, NAMESPACE, MetadataView

app_name = NAMESPACE

_metadata = MetadataView.as_view()

urlpatterns = [
    path(".well-known/jwks.json", JWKSView.as_view(), name="jwks"),
    path(METADATA_PATH, _metadata, name="metadata"),
    path(f"{METADATA_PATH}/<path:issuer_path>", _metadata, name="metadata"),
]
