"""Where a browser is led: to our pages, at the mount that its request came in by."""

from django.conf import settings as django_settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse

_APP = "jwtauth"


def login_page(request: HttpRequest) -> str:
    """Return the address of the login page beside the view that is called.

    Where the views are mounted without their namespace, that of ``LOGIN_URL``.
    """
    match = request.resolver_match
    try:
        return reverse(f"{_APP}:login", current_app=match.namespace if match else None)
    except NoReverseMatch:
        return resolve_url(django_settings.LOGIN_URL)


def to_login_page(request: HttpRequest, next_url: str) -> HttpResponse:
    """Lead to the login page, ours for a page of ours, and from there on.

    Args:
        request: of a browser that nobody is logged in at.
        next_url: an address on this site; empty for where logins lead anyway.
    """
    return _lead(_login_url(request), next_url)


def to_step_up_page(request: HttpRequest, next_url: str) -> HttpResponse:
    """Lead to where the password is asked for once more, and from there on.

    Where a project has not mounted that page, the login page does: a login takes the
    place of the one that is too old.

    Args:
        request: of a browser whose login is too old.
        next_url: as for ``to_login_page``.
    """
    match = request.resolver_match
    mount = match.namespace if match is not None else None
    try:
        url = reverse(f"{_APP}:reauth_page", current_app=mount)
    except NoReverseMatch:
        url = _login_url(request)
    return _lead(url, next_url)


def _login_url(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is not None and _APP in match.app_names:
        return login_page(request)
    return resolve_url(django_settings.LOGIN_URL)


def _lead(url: str, next_url: str) -> HttpResponse:
    return redirect_to_login(next_url, url, REDIRECT_FIELD_NAME if next_url else None)
