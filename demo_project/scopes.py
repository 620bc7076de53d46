"""What the demo's tokens may be used for at its second service."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Both load models, and the second service, which reads the scope, has none.
    from django.contrib.auth.models import AbstractUser

    from jwtauth.models import TokenFamily

READ_REPORTS = "reports:read"
"""Begins with what it is for: every service of a token reads the same scope."""


def of_user(user: "AbstractUser", _family: "TokenFamily") -> Mapping[str, str]:
    """Return the scope of a user: staff may read reports (``JWTAUTH["CLAIMS"]``)."""
    return {"scope": READ_REPORTS} if user.is_staff else {}
