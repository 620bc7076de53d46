"""Views that what a project does around its requests must leave alone."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.db import connections, transaction

V = TypeVar("V", bound=Callable[..., Any])


def standalone(view: V) -> V:
    """Return ``view`` out of reach of transactions and of the login page.

    DRF rolls back the transaction of a request that it refuses, and with it what a
    guard against guessing has just counted.
    """
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return login_not_required(view)
