"""``page_headers``: what browsers are told about pages.

Nothing runs, nothing frames them, nothing keeps them. A header that the view has set
stands. Django's ``SecurityMiddleware`` sends some of these as well, where a project has
it; these pages do without it.
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string

_View = Callable[..., HttpResponseBase]

# Middleware that sends a policy of the project's own, by the setting that holds it.
_POLICY_SETTINGS = {
    "django.middleware.csp.ContentSecurityPolicyMiddleware": "SECURE_CSP",
    "csp.middleware.CSPMiddleware": "CONTENT_SECURITY_POLICY",
}


def page_headers(view: _View) -> _View:
    """Send the headers of pages with whatever ``view`` answers, refusals too.

    It stands around everything else that answers, such as the CSRF check.
    """

    @wraps(view)
    def with_headers(
        request: HttpRequest,
        *args: Any,  # noqa: ANN401 # any view's
        **kwargs: Any,  # noqa: ANN401 # the same
    ) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        set_page_headers(response)
        return response

    return with_headers


def set_page_headers(response: HttpResponseBase) -> None:
    """Set what is not set yet."""
    headers = response.headers
    if not _has_policy_of_its_own():
        headers.setdefault("Content-Security-Policy", _strict_policy())
    headers.setdefault("X-Content-Type-Options", "nosniff")
    # For browsers that don't know frame-ancestors.
    headers.setdefault("X-Frame-Options", "DENY")
    # Under no-referrer a form's Origin is "null", which the CSRF check refuses.
    headers.setdefault("Referrer-Policy", "same-origin")
    if opener_policy := django_settings.SECURE_CROSS_ORIGIN_OPENER_POLICY:
        headers.setdefault("Cross-Origin-Opener-Policy", opener_policy)
    if "no-store" not in headers.get("Cache-Control", ""):
        headers["Cache-Control"] = "no-store"
    patch_vary_headers(response, ("Cookie",))


def _has_policy_of_its_own() -> bool:
    """Whether middleware will send the project's policy, as long as there is none."""
    names = map(_policy_setting, django_settings.MIDDLEWARE)
    return any(name and getattr(django_settings, name, None) for name in names)


@cache
def _policy_setting(path: str) -> str:
    """Return which setting a middleware, or one made of it, sends; "" for none."""
    classes = getattr(import_string(path), "__mro__", ())
    names = (f"{each.__module__}.{each.__qualname__}" for each in classes)
    return next((_POLICY_SETTINGS[n] for n in names if n in _POLICY_SETTINGS), "")


def _strict_policy() -> str:
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
        f"form-action {' '.join(_form_targets())}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def _form_targets() -> list[str]:
    """Return where forms may lead; Chromium holds redirects after a POST to it, too."""
    urls = (django_settings.LOGIN_REDIRECT_URL, django_settings.LOGOUT_REDIRECT_URL)
    targets = [urlsplit(str(url or "")) for url in urls]
    hosts = (f"{t.scheme}://{t.netloc}" for t in targets if t.scheme and t.netloc)
    return list(dict.fromkeys(["'self'", *hosts]))
