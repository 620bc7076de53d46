"""Navigations of a browser: the page that reloads itself, the page that says "later".

A browser keeps ``SameSite=Strict`` cookies at home when a link on another site is
followed. The page that answers is of this site, and so is the reload that it asks for.
"""

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.urls import Resolver404, get_script_prefix, resolve
from django.utils.translation import gettext as _

from jwtauth.conf import SameSite, get_settings
from jwtauth.transport.cookies import has_credential_cookie
from jwtauth.transport.page_headers import set_page_headers

RETRY_AFTER_SECONDS = 1

_RELOADED = "jwtauth-reloaded"
_RELOADED_SECONDS = 10


def is_kept_from_login(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether cookies that stayed at home may be why a page leads to the login.

    Once only: the reload carries a mark, and is no navigation from another site.
    """
    return (
        request.method == "GET"
        and get_settings().cookie_samesite is SameSite.STRICT
        and request.headers.get("Sec-Fetch-Site") == "cross-site"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and not has_credential_cookie(request)
        and _RELOADED not in request.COOKIES
        and _leads_to_login(response)
    )


def reload_page(request: HttpRequest) -> HttpResponse:
    """Return a page that asks for the same address again, now from this site."""
    context = {"address": request.get_full_path()}
    html = render_to_string("jwtauth/reload.html", context, request)
    response = HttpResponse(html)
    set_page_headers(response)
    response.set_cookie(
        _RELOADED,
        "1",
        max_age=_RELOADED_SECONDS,
        secure=get_settings().cookie_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def unavailable() -> HttpResponse:
    """Return the answer when it can't be known who is calling: nobody is logged out."""
    text = _("Temporarily unavailable, please try again.")
    response = HttpResponse(text, status=503, content_type="text/plain")
    set_page_headers(response)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def wants_page(request: HttpRequest) -> bool:
    """Return whether a browser shows the answer; scripts and tools ask for JSON."""
    return "text/html" in request.headers.get("Accept", "")


def _leads_to_login(response: HttpResponseBase) -> bool:
    """Whether it redirects to ``LOGIN_URL``, or to a login page of ours.

    There is one for each namespace that the project includes our URLs under.
    """
    target = response.headers.get("Location", "").partition("?")[0]
    if not target:
        return False
    if target == resolve_url(django_settings.LOGIN_URL).partition("?")[0]:
        return True
    try:
        match = resolve("/" + target.removeprefix(get_script_prefix()))
    except Resolver404:
        return False
    return (match.app_names[-1:], match.url_name) == (["jwtauth"], "login")
