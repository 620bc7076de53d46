"""``page_headers``: the decorator for views of pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from jwtauth.transport.page_headers import set_page_headers

_View = Callable[..., HttpResponseBase]


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
