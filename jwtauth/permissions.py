"""Permissions for DRF views, judged by what the access token says."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from jwtauth.answers import CHALLENGE
from jwtauth.conf import get_settings
from jwtauth.core.claims import AccessClaims
from jwtauth.core.scope import is_word

if TYPE_CHECKING:
    # It imports what DEFAULT_PERMISSION_CLASSES names, and this module may be there.
    from rest_framework.views import APIView


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

    def has_permission(self, request: Request, view: "APIView") -> bool:
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


class InsufficientAuthentication(APIException):
    """401: it takes a login that is younger (RFC 9470 §3)."""

    status_code = status.HTTP_401_UNAUTHORIZED

    def __init__(self, max_age: timedelta) -> None:
        """Fill in body and challenge.

        Args:
            max_age: how old the login may be.
        """
        code, seconds = "insufficient_user_authentication", int(max_age.total_seconds())
        detail = _("Log in again: this takes a login that is more recent.")
        super().__init__({"detail": detail, "code": code})
        # Past DRF, which makes a text of every value.
        self.detail["max_age"] = seconds  # type: ignore[index,call-overload,assignment] # a dict
        self.auth_header = f'{CHALLENGE}, error="{code}", max_age="{seconds}"'


class AuthenticatedRecently(BasePermission):
    """Let in whose login is not older than the view allows.

    That a client has an access token does not mean that its user is there: it
    refreshes by itself for days (NIST SP 800-63B §5.1.2). The view says how old the
    login may be with ``max_authentication_age``, a timedelta; ``STEP_UP_MAX_AGE`` is
    the default. Refreshing makes no login younger, ``reauth/`` does.

    Behind ``|`` it stands last: it refuses with an answer of its own.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Judge ``auth_time``; False for who came without an access token.

        Raises:
            InsufficientAuthentication: 401; the login is too old.
        """
        claims = request.auth
        if not isinstance(claims, AccessClaims):
            return False
        refuse_old_login(claims, getattr(view, "max_authentication_age", None))
        return True


def refuse_old_login(claims: AccessClaims, max_age: timedelta | None = None) -> None:
    """Make sure that the user has logged in recently.

    Args:
        claims: of a verified access token.
        max_age: how old the login may be; None for ``STEP_UP_MAX_AGE``.

    Raises:
        InsufficientAuthentication: 401; it is older.
    """
    limit = get_settings().step_up_max_age if max_age is None else max_age
    if time.time() - claims.auth_time > limit.total_seconds():
        raise InsufficientAuthentication(limit)


def _needed(view: "APIView", method: str) -> tuple[str, ...]:
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


def _words(view: "APIView", declared: Any) -> tuple[str, ...]:  # noqa: ANN401 # a project's attribute
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
