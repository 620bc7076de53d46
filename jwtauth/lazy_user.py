"""The model user of a verified token: at hand at once, read on first use."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.functional import SimpleLazyObject
from rest_framework.request import Request

from jwtauth.answers import log_and_answer
from jwtauth.conf import UserLoading, get_settings
from jwtauth.core.claims import AccessClaims
from jwtauth.exceptions import TokenRefused
from jwtauth.stores import users
from jwtauth.transport.own_login import OwnLogin, introduce, own_login


def user_of(request: Request, claims: AccessClaims) -> Any:  # noqa: ANN401 # a user, or what acts as one
    """Return the user whom verified claims name.

    Raises:
        UserInactive: nobody, or deactivated; a lazy user tells of it on first use.
    """
    login = own_login(request._request)
    if get_settings().user is UserLoading.DATABASE or _renders_page(request):
        return introduce(users.load_active_user(claims.subject), login)
    return LazyUser(claims.subject, login)


class LazyUser(SimpleLazyObject):  # type: ignore[type-arg] # generic in the stubs alone
    """The user of a verified token; the row is read and checked on first use.

    ``pk`` and ``is_authenticated`` are known from the claims and cost nothing.
    """

    is_authenticated = True
    is_anonymous = False

    def __init__(self, subject: str, login: OwnLogin | None = None) -> None:
        """Remember the key that ``sub`` spells.

        Args:
            subject: the claim.
            login: the one that the request acts under, where a cookie says so.

        Raises:
            UserInactive: it spells no key of the user model.
        """
        super().__init__(lambda: introduce(_load(subject), login))
        pk = users.parse_pk(subject)
        self.__dict__.update({"pk": pk, users.pk_attribute(): pk})

    def __bool__(self) -> bool:
        """Count as a user without being read, as DRF's permissions ask for."""
        return True


def _renders_page(request: Request) -> bool:
    """Whether a page shows the user: while it is rendered no refusal is an answer."""
    renderer = getattr(request, "accepted_renderer", None)
    return getattr(renderer, "media_type", None) == "text/html"


def _load(subject: str) -> AbstractBaseUser:
    """Read the row in the middle of a view, where only DRF's errors are answers."""
    try:
        return users.load_active_user(subject)
    except TokenRefused as error:
        raise log_and_answer(error) from error
