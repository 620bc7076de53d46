"""Django's CSRF check, for forms and for logins; tools are told of it in JSON."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import decorator_from_middleware
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.exceptions import PermissionDenied

from sessionauth.answers import too_large, unreadable, wants_page
from sessionauth.request_body import UNREADABLE, is_too_large
from sessionauth.views.page_headers import page_headers
from sessionauth.views.standalone import standalone

_View = Callable[..., HttpResponseBase]


class _Csrf(CsrfViewMiddleware):
    """Django's check; tools are told in JSON what browsers are told as a page."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        if wants_page(request):
            page: HttpResponse = super()._reject(request, reason)  # type: ignore[misc] # not in the stubs
            return page
        return JsonResponse({"detail": f"CSRF Failed: {reason}"}, status=403)


def _readable(view: _View) -> _View:
    """Answer 400 to a form that can't be read, and 413 to one that is too large.

    The check reads the form, so this stands around it.
    """

    @wraps(view)
    def read_first(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 # any view's
        if is_too_large(request):
            return too_large(request)
        try:
            request.POST  # noqa: B018 # reading it is the point
        except UNREADABLE:
            return unreadable(request)
        return view(request, *args, **kwargs)

    return read_first


# Exempt from the check of Django's middleware, because the inner one does the same.
checked_form = (
    page_headers,
    csrf_exempt,
    _readable,
    sensitive_post_parameters(),
    decorator_from_middleware(_Csrf),
    never_cache,
    standalone,
)
"""For ``method_decorator``, on views that read a form."""


def refuse_other_sites(request: HttpRequest) -> None:
    """Refuse a login that another site's page started (login CSRF).

    A browser names the origin of every POST, so what names none is no browser and has
    no user to trick: tools log in without fetching a token first.

    Raises:
        PermissionDenied: 403.
    """
    check = _Csrf(lambda _: HttpResponse())
    is_foreign = request.headers.get("Sec-Fetch-Site") == "cross-site"
    if "Origin" in request.headers:
        is_foreign = not check._origin_verified(request)  # type: ignore[attr-defined] # noqa: SLF001 # Django's own rule, which is not in the stubs
    if is_foreign:
        raise PermissionDenied(_("CSRF Failed: another site's request."))
