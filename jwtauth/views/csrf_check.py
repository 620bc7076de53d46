"""What every page with a form shares: Django's CSRF check first of all.

A page is there where tokens ride in cookies, and nowhere else: a browser has no other
way to keep them.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from jwtauth import transport
from jwtauth.conf import Delivery
from jwtauth.transport.cookies import has_credential_cookie
from jwtauth.transport.request_body import UNREADABLE, is_too_large
from jwtauth.views.page_headers import page_headers
from jwtauth.views.standalone import standalone, standalone_page

_View = Callable[..., HttpResponseBase]


def _where_cookies_are(view: _View) -> _View:
    """Answer 404 while ``DELIVERY`` lacks cookies."""

    @wraps(view)
    def find(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 # any view's
        if not transport.accepts(Delivery.COOKIE):
            raise Http404
        return view(request, *args, **kwargs)

    return find


def _readable(view: _View) -> _View:
    """Answer 400 to a form that can't be read, and 413 to one that is too large.

    The check reads the form, so this stands around it.
    """

    @wraps(view)
    def read_first(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 # any view's
        if is_too_large(request):
            return _refusal(413, _("The body is too large."))
        try:
            request.POST  # noqa: B018 # reading it is the point
        except UNREADABLE:
            return _refusal(400, _("The request can't be read."))
        return view(request, *args, **kwargs)

    return read_first


def _renewed_if_read(view: _View) -> _View:
    """Keep the renewal in place from a form that the page itself won't read."""

    def is_small(request: HttpRequest) -> bool:
        return not is_too_large(request)

    view.renews_in_place = is_small  # type: ignore[attr-defined] # our mark
    return view


def _refusal(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain")


def _protected_if_logged_in(view: _View) -> _View:
    """Check the form of a browser that brings credentials, genuine or not.

    One without has nothing to lose, and none of the site's CSRF cookies after a
    logout in another tab.
    """
    protected = csrf_protect(view)

    @wraps(view)
    def check(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 # any view's
        chosen = protected if has_credential_cookie(request) else view
        return chosen(request, *args, **kwargs)

    return check


# Exempt from the check of Django's middleware, because the inner one does the same.
_around = (
    page_headers,
    csrf_exempt,
    _where_cookies_are,
    _readable,
    sensitive_post_parameters(),
)

checked_form = (
    *_around,
    csrf_protect,
    never_cache,
    _renewed_if_read,
    standalone_page,
)
"""For ``method_decorator``, on views that show and read a form."""

checked_logout = (*_around, _protected_if_logged_in, never_cache, standalone)
"""The same, on a logout."""
