"""Permissions for DRF views, judged by what the access token says."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from jwtauth.authentication import CHALLENGE
from jwtauth.core.claims import AccessClaims
from jwtauth.core.scope import is_word


class InsufficientScope(PermissionDenied):
    """403 with the scope that it takes (RFC 6750 §3.1)."""

    def __init__(self, needed: Sequence[str]) -> None:
        """Fill in body and challenge.

        Args:
            needed: every word of scope that the view asks for.
        """
        detail = _("The access token may not be used for this.")
        super().__init__({"detail": detail, "code": "insufficient_scope"})
        # DRF's exception handler makes the WWW-Authenticate header of it.
        self.auth_header = (
            f'{CHALLENGE}, error="insufficient_scope", scope="{" ".join(needed)}"'
        )


class HasScope(BasePermission):
    """Let in whose access token has every scope that the view asks for.

    The view says so with ``required_scopes``: a tuple of words, or a dict with a tuple
    for each method; a method that is not in the dict needs all of them, HEAD what GET
    needs. Who came without an access token has no scope.

    Behind ``|`` it stands last: it refuses with an answer of its own.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Judge the access token; False for a caller who is not authenticated.

        Raises:
            InsufficientScope: 403; a word is missing.
            ImproperlyConfigured: the view doesn't say what it asks for.
        """
        needed = _needed(view, str(request.method))
        if request.successful_authenticator is None:
            return False
        claims = request.auth
        if isinstance(claims, AccessClaims) and claims.scopes.issuperset(needed):
            return True
        raise InsufficientScope(needed)


def _needed(view: APIView, method: str) -> tuple[str, ...]:
    declared = getattr(view, "required_scopes", None)
    if not isinstance(declared, Mapping):
        return _words(view, declared)
    by_method = {
        str(name).upper(): _words(view, words) for name, words in declared.items()
    }
    of_method = by_method.get("GET" if method == "HEAD" else method)
    if of_method is not None:
        return of_method
    every_word = [word for words in by_method.values() for word in words]
    return tuple(dict.fromkeys(every_word))


def _words(view: APIView, declared: Any) -> tuple[str, ...]:  # noqa: ANN401 # a project's attribute
    """Return declared words.

    Raises:
        ImproperlyConfigured: a string would be read letter by letter, and a quote
            would end the header's.
    """
    is_list = isinstance(declared, list | tuple | set | frozenset)
    if not is_list or not all(isinstance(w, str) and is_word(w) for w in declared):
        raise ImproperlyConfigured(
            f"{type(view).__name__}.required_scopes must be a tuple of scopes, or a "
            "dict with a tuple for each method."
        )
    return tuple(declared)
