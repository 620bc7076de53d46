"""The user behind a login or a token: active, and still the one who logged in."""

from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model, load_backend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare

from jwtauth.conf import get_settings
from jwtauth.exceptions import CredentialsChanged, LoginRefused, UserInactive
from jwtauth.stores.instants import aware


def load_active_user(subject: str) -> AbstractBaseUser:
    """Return the active user whose primary key is written ``subject``.

    Raises:
        UserInactive: nobody, or deactivated.
    """
    rows = get_user_model()._default_manager.filter(pk=parse_pk(subject))
    # get() would limit the one row, first() sort it, and the request pay for it.
    user = next(iter(rows), None)
    if user is None or not is_welcome(user):
        raise UserInactive
    return user


def is_welcome(user: AbstractBaseUser) -> bool:
    """Whether the user is active, and the project's ``USER_CHECK`` agrees."""
    check = get_settings().user_check
    return user.is_active and (check is None or bool(check(user)))


def parse_pk(subject: str) -> Any:  # noqa: ANN401 # the type of the user model's key
    """Return the primary key that ``subject`` spells, if it is the one spelling.

    Raises:
        UserInactive: "01", "1 " or "1.0" are nobody, not user 1.
    """
    field = _pk_field()
    try:
        pk = field.to_python(subject)
    except ValidationError:
        raise UserInactive from None
    if str(pk) != subject:
        raise UserInactive
    return pk


def pk_attribute() -> str:
    """Return the name under which a user shows its primary key, usually ``id``."""
    return _pk_field().attname


def backend_of(user: AbstractBaseUser) -> str:
    """Return the dotted path of the backend that proved ``user``.

    Raises:
        ValueError: the user doesn't say, and there are several.
    """
    backend = getattr(user, "backend", None)
    if isinstance(backend, str):
        return backend
    if len(settings.AUTHENTICATION_BACKENDS) == 1:
        return str(settings.AUTHENTICATION_BACKENDS[0])
    raise ValueError(
        "There are several AUTHENTICATION_BACKENDS: set user.backend to the dotted "
        "path of the one that proved the user."
    )


def can_log_in(user: AbstractBaseUser | None, backend_path: str) -> bool:
    """Whether the backend that proved ``user`` still lets that user in.

    Costs no query where the backend finds users as Django's ModelBackend does.
    """
    # A backend that was taken out of the settings takes its logins along.
    if user is None or backend_path not in settings.AUTHENTICATION_BACKENDS:
        return False
    backend = load_backend(backend_path)
    if isinstance(backend, ModelBackend) and _finds_as_django(backend):
        # A backend that lets inactive users in (AllowAllUsersModelBackend) decides
        # for Django's pages; a token is for active users, here as at the login.
        allowed = backend.user_can_authenticate(user)  # type: ignore[arg-type] # any user model
        return allowed and is_welcome(user)
    found = backend.get_user(user.pk)
    return found is not None and is_welcome(found)


def lock(
    pk: Any,  # noqa: ANN401 # the type of the user model's key
    *,
    using: str,
) -> tuple[AbstractBaseUser, datetime] | None:
    """Lock the user's row until the transaction ends.

    Every login and every revocation of all logins of a user passes here, one
    after the other.

    Returns:
        The user as it is now and the database's clock; None if there is none.
    """
    rows = get_user_model()._default_manager.using(using).filter(pk=pk)
    locked = rows.select_for_update(no_key=True)
    user = locked.annotate(database_now=Now()).first()
    return None if user is None else (user, aware(user.database_now))


def lock_unchanged(
    user: AbstractBaseUser, *, using: str
) -> tuple[AbstractBaseUser, datetime]:
    """Lock the user's row and make sure that it is still the user who was proved.

    A login that began with the old password waits here for the change, and then
    finds another hash: it can't outlive what ended it.

    Returns:
        The user as it is now, and the database's clock.

    Raises:
        LoginRefused: the user is gone or inactive.
        CredentialsChanged: the user has other credentials now.
    """
    locked = lock(user.pk, using=using)
    if locked is None or not is_welcome(locked[0]):
        raise LoginRefused("the user was deactivated or deleted meanwhile")
    if not constant_time_compare(auth_hash(locked[0]), auth_hash(user)):
        raise CredentialsChanged("the user's credentials changed meanwhile")
    return locked


def write_nothing(
    pk: Any,  # noqa: ANN401 # the type of the user model's key
    *,
    using: str,
) -> None:
    """Make whoever waits for the user's locked row begin anew.

    At REPEATABLE READ they would go on with what the database held before they
    waited, and count too few logins; a row that was written makes them fail.
    """
    rows = get_user_model()._default_manager.using(using).filter(pk=pk)
    rows.update(password=F("password"))


def auth_hash(user: AbstractBaseUser) -> str:
    """Return what changes with the user's password (Django's session hash)."""
    return str(user.get_session_auth_hash())


def auth_hashes(user: AbstractBaseUser) -> list[str]:
    """Return the hash under SECRET_KEY and under each of SECRET_KEY_FALLBACKS."""
    return [auth_hash(user), *user.get_session_auth_fallback_hash()]


def _finds_as_django(backend: ModelBackend) -> bool:
    # A manager that hides rows (soft deletion) hides them from get_user(), but not
    # from the join that read this user.
    manager = type(get_user_model()._default_manager)
    return (
        type(backend).get_user is ModelBackend.get_user
        and manager.get_queryset is models.Manager.get_queryset
    )


def _pk_field() -> "models.Field[Any, Any]":
    return _pk_field_of(settings.AUTH_USER_MODEL)


@cache
def _pk_field_of(_user_model: str) -> "models.Field[Any, Any]":
    field = get_user_model()._meta.pk
    if field is None:  # a concrete model always has one; the stubs can't know
        raise TypeError("the user model has no primary key")
    return field
