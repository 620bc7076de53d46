"""The addresses that clients look for at the root of a host (RFC 8615)."""

from django.urls import path

from jwtauth.views.jwks import JWKSView

urlpatterns = [path(".well-known/jwks.json", JWKSView.as_view(), name="jwks")]
