"""The user of the token cookies for pages, and the refresh in place.

- A dead access cookie is renewed within the request, before the view: no page and no
  form is lost because somebody took twenty minutes.
- A refused refresh leaves the cookies alone: another request may just have won.
- "Redis is down" is neither "logged out" nor "logged in": 503, and the cookies stay.
- What another site's link would lead to the login page for reloads itself once.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject
from django.views.decorators.debug import sensitive_variables

from jwtauth import transport
from jwtauth.answers import log_cause
from jwtauth.conf import Delivery, get_settings
from jwtauth.core.issued_tokens import IssuedTokens
from jwtauth.core.refresh_token import sid_bytes
from jwtauth.exceptions import (
    JWTAuthError,
    LoginRefused,
    StoreDown,
    TokenRefused,
    TokenRevoked,
)
from jwtauth.flows.authenticate import refuse_revoked, refuse_two_logins, verify
from jwtauth.flows.login import go_on
from jwtauth.flows.refresh import refresh
from jwtauth.stores import users
from jwtauth.transport.caller import claims_of
from jwtauth.transport.cookies import (
    access_cookie,
    delete_cookies,
    depends_on_cookies,
    refresh_cookie,
    set_cookies,
)
from jwtauth.transport.csrf import csrf_fault
from jwtauth.transport.header import has_bearer
from jwtauth.transport.navigation import (
    is_kept_from_login,
    reload_page,
    unavailable,
)
from jwtauth.transport.own_login import introduce, own_login
from jwtauth.transport.sender import sender_of

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

_PAGE = "_jwtauth_page"


class JWTAuthenticationMiddleware(MiddlewareMixin):
    """Takes its place after Django's ``AuthenticationMiddleware``.

    Where it applies, the token cookies alone say who ``request.user`` is. The admin
    keeps Django's sessions; override ``applies`` to leave out more.
    """

    def applies(self, request: HttpRequest) -> bool:
        """Whether the token cookies decide about this request; not under the admin."""
        try:
            # Both with the prefix that a server mounts the project under.
            return not request.path.startswith(reverse("admin:index"))
        except NoReverseMatch:
            return True

    def process_request(self, request: HttpRequest) -> None:
        """Give the request its user, unread: who does not ask pays nothing."""
        if transport.accepts(Delivery.COOKIE) and self.applies(request):
            setattr(request, _PAGE, _Page(request))

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        _args: tuple[Any, ...],
        _kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        """Renew a dead access cookie, unless the view is for that itself."""
        page: _Page | None = getattr(request, _PAGE, None)
        if page is None or not _renews(view, request):
            return None
        try:
            page.renew_if_due()
        except StoreDown as error:
            return _unavailable(error)
        return None

    def process_exception(
        self, _request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        """Answer for a view that asked for the user while Redis was down."""
        return _unavailable(exception) if isinstance(exception, StoreDown) else None

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Send renewed cookies, and tell caches what the answer depends on."""
        page: _Page | None = getattr(request, _PAGE, None)
        if page is None:
            return response
        if page.store_down:
            # A rotation is on record already: a browser that never got its cookies
            # would come back after the outage like a thief.
            response = unavailable()
            _set_renewed(response, transport.renewed(request))
            return response
        if is_kept_from_login(request, response):
            return reload_page(request)
        _settle(request, response, page)
        return response


class _Page:
    """What the middleware knows of one request."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.store_down = False
        self.was_asked = False
        self._attach()

    def _attach(self) -> None:
        """Let ``request.user`` and ``request.auser`` ask, once, when they are used."""
        user = SimpleLazyObject(self._user)

        async def auser() -> "AbstractBaseUser | AnonymousUser":
            # Reading any attribute asks; in a thread, because it reads the database.
            await sync_to_async(partial(getattr, user, "pk"))()
            return user  # type: ignore[return-value] # stands for one

        self._request.user = user  # type: ignore[assignment] # the same
        self._request.auser = auser  # type: ignore[assignment] # the same

    @sensitive_variables()
    def _user(self) -> "AbstractBaseUser | AnonymousUser":
        self.was_asked = True
        try:
            presented = transport.presented_access_token(self._request)
            if presented is None:
                return AnonymousUser()
            claims = claims_of(self._request, presented, now=time.time())
            user = users.load_active_user(claims.subject)
            return introduce(user, own_login(self._request))
        except TokenRefused as error:
            log_cause(error)
            return AnonymousUser()
        except StoreDown:
            # Whatever the view makes of it, the answer is 503.
            self.store_down = True
            raise

    @sensitive_variables()
    def renew_if_due(self) -> None:
        """Rotate the refresh token where the access token is missing or dead.

        Raises:
            StoreDown: it can't be done now.
        """
        try:
            refresh_token = self._due_refresh_token()
            if refresh_token is None or csrf_fault(self._request) is not None:
                return
            sender, now = sender_of(self._request), time.time()
            tokens = refresh(refresh_token, sender=sender, now=now)
        except TokenRefused as error:
            log_cause(error)
            return
        transport.renew(self._request, tokens)
        self._attach()

    @sensitive_variables()
    def _due_refresh_token(self) -> str | None:
        """Return the refresh cookie if it takes one to know who is calling."""
        if has_bearer(self._request):
            return None
        refresh_token, now = refresh_cookie(self._request), time.time()
        access_token = access_cookie(self._request)
        if refresh_token is None or access_token is None:
            return refresh_token
        refuse_two_logins(access_token, refresh_token, now=now)
        try:
            verify(access_token, now=now)
        except TokenRefused:
            return refresh_token
        return None


def _renews(view: Callable[..., HttpResponseBase], request: HttpRequest) -> bool:
    """Whether the view leaves it to us; its mark may depend on the request."""
    mark = getattr(view, "renews_in_place", True)
    return bool(mark(request) if callable(mark) else mark)


def _settle(request: HttpRequest, response: HttpResponseBase, page: _Page) -> None:
    if not _has_last_word(response):
        _go_on(request, response)
    if not _has_last_word(response):
        _send_renewed(request, response)
    if page.was_asked or transport.was_judged_by_cookie(request):
        depends_on_cookies(response)


def _has_last_word(response: HttpResponseBase) -> bool:
    """Whether the cookies are settled, as by a logout within this request."""
    return get_settings().refresh_cookie_name in response.cookies


@sensitive_variables()
def _send_renewed(request: HttpRequest, response: HttpResponseBase) -> None:
    """Send them unless a logout or a login has overtaken this request.

    They are dead then, and would take the place of nothing, or of the new login's.
    """
    tokens = transport.renewed(request)
    if tokens and not _has_ended(tokens.access_token):
        _set_renewed(response, tokens)


@sensitive_variables()
def _has_ended(access_token: str) -> bool:
    now = time.time()
    try:
        refuse_revoked(verify(access_token, now=now), now=now)
    except TokenRevoked:
        return True
    except (TokenRefused, StoreDown):
        # The rotation is on record: better dead cookies than a login that is lost.
        return False
    return False


def _set_renewed(response: HttpResponseBase, tokens: IssuedTokens | None) -> None:
    if tokens:
        set_cookies(response, tokens)
        response.headers["Cache-Control"] = "no-store"


def _go_on(request: HttpRequest, response: HttpResponseBase) -> None:
    """Get new tokens for a browser whose user changed its own account."""
    login = own_login(request)
    if login is None or login.ended_by is None:
        return
    try:
        tokens = go_on(
            sid_bytes(login.sid),
            user=login.ended_by.user,
            reason=login.ended_by.reason,
            sender=sender_of(request),
            now=time.time(),
        )
    except (LoginRefused, StoreDown) as error:
        # The old login has ended in any case; the answer itself stands.
        log_cause(error)
        delete_cookies(response)
        return
    transport.renew(request, tokens)


def _unavailable(error: Exception) -> HttpResponse:
    if isinstance(error, JWTAuthError):
        log_cause(error)
    return unavailable()
