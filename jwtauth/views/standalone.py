"""Views that what a project does around its requests must leave alone."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.db import connections, transaction

V = TypeVar("V", bound=Callable[..., Any])


def standalone(view: V) -> V:
    """Return ``view`` out of reach of transactions, renewal and the login page."""
    # The middleware must not use up the refresh token that an endpoint is for, nor set
    # cookies on what is the same for everybody.
    view.renews_in_place = False  # type: ignore[attr-defined] # our mark
    return standalone_page(view)


def standalone_page(view: V) -> V:
    """Return ``view`` out of reach of transactions and of the login page.

    Its user is renewed in place, as on any page.
    """
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return login_not_required(view)
