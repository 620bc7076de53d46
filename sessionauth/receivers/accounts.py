"""What changes a user ends the user's sessions: in a form, the admin or a shell.

A new password, deactivation and deletion do; what a user may do is read from the
database at each request, so a changed right needs no end. It follows the commit of the
transaction that changes the user. A store that is down breaks no save: the check of
the user's row finds every session that is left.
"""

import copy
from collections.abc import Iterable
from typing import Any, TypeAlias

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import router, transaction
from django.db.models.signals import post_save, pre_delete, pre_save
from django.utils.crypto import constant_time_compare

from sessionauth.exceptions import SessionEnded, StoreDown
from sessionauth.flows.own_session import own_session_of
from sessionauth.flows.revoke import revoke_all, user_id_of
from sessionauth.flows.session import Reason
from sessionauth.signals import report_store_down

_Values: TypeAlias = dict[str, Any]

_BEFORE = "_sessionauth_before"
_NEW_PASSWORD = "_sessionauth_new_password"  # noqa: S105 # the name of a mark


def connect() -> None:
    """Watch the user model and what inherits from it."""
    # One sender after the other: a receiver for all of them would take the fast way
    # of deleting away from every model of the project.
    for model in apps.get_models():
        if issubclass(model, get_user_model()):
            pre_save.connect(note_before, model, dispatch_uid="sessionauth.before")
            post_save.connect(end_if_changed, model, dispatch_uid="sessionauth.change")
            pre_delete.connect(end_deleted, model, dispatch_uid="sessionauth.deletion")


def note_before(
    instance: AbstractBaseUser,
    raw: bool,  # noqa: FBT001 # Django's signature
    using: str,
    update_fields: Iterable[str] | None,
    **_: object,
) -> None:
    """Read what is on record before it is overwritten; fixtures are left alone."""
    if instance._password is not None:  # type: ignore[attr-defined] # noqa: SLF001 # Django's mark of a new password
        setattr(instance, _NEW_PASSWORD, True)
    names = [n for n in _watched() if update_fields is None or n in update_fields]
    if raw or not names or instance.pk is None or using != _database():
        return
    rows = get_user_model()._base_manager.using(using).filter(pk=instance.pk)
    setattr(instance, _BEFORE, rows.values(*names).first())


def end_if_changed(
    instance: AbstractBaseUser,
    using: str,
    update_fields: Iterable[str] | None,
    **_: object,
) -> None:
    """End the sessions of a user who was deactivated or has another password."""
    before: _Values = vars(instance).pop(_BEFORE, None) or {}
    if before.get("is_active") and not getattr(instance, "is_active", True):
        _end_on_commit(instance, Reason.USER_DEACTIVATED, using)
    elif _same(before.get("password"), instance.password):
        return
    elif _is_upgrade(instance, update_fields):
        # Once: the next password that this object saves is none of a login's.
        setattr(instance, _NEW_PASSWORD, True)
    else:
        _end_on_commit(instance, Reason.PASSWORD_CHANGED, using)


def _same(before: str | None, password: str) -> bool:
    """Whether the stored hash is the same, or was not read because it can't change."""
    return before is None or constant_time_compare(before, password)


def end_deleted(instance: AbstractBaseUser, using: str, **_: object) -> None:
    """End the sessions of a user who is about to be deleted."""
    if using == _database():
        # Afterwards it has no primary key any more.
        _end_on_commit(copy.copy(instance), Reason.USER_DELETED, using)


def _end_on_commit(user: AbstractBaseUser, reason: Reason, using: str) -> None:
    def end() -> None:  # not a partial: where it fails, Django logs its name
        _end(user, reason)

    # Robust: what else is to follow the commit must not suffer from a fault of ours.
    transaction.on_commit(end, using=using, robust=True)


def _end(user: AbstractBaseUser, reason: Reason) -> None:
    try:
        revoke_all(user, reason, keep=_own_key(user, reason))
    except StoreDown as error:
        report_store_down(error)


def _own_key(user: AbstractBaseUser, reason: Reason) -> str | None:
    """Return the id of the request's session if it may go on.

    Who changes their own password goes on, if the view says so to the session as well
    (Django's ``update_session_auth_hash()``): the next request will check.
    """
    if reason is not Reason.PASSWORD_CHANGED:
        return None
    own = own_session_of(user_id_of(user))
    if own is None:
        return None
    try:
        own.demand_user_check()
    except SessionEnded:
        return None
    return own.session_key


def _database() -> str:
    """Return the database that the users of this project live in."""
    return router.db_for_write(get_user_model())


def _watched() -> list[str]:
    """Return the fields whose change ends sessions, as far as the model has them."""
    has = {field.name for field in get_user_model()._meta.concrete_fields}
    return [name for name in ("is_active", "password") if name in has]


def _is_upgrade(
    instance: AbstractBaseUser, update_fields: Iterable[str] | None
) -> bool:
    """Whether a login stored the password that it was given under a better hash.

    Django's ``check_password()`` calls ``set_password()``, takes the mark of a new
    password away again, and saves nothing else. What merely assigns to ``password``
    never had the mark; where a new password was saved before, ours has stayed.
    """
    return (
        set(update_fields or ()) == {"password"}
        and "_password" in vars(instance)
        and not hasattr(instance, _NEW_PASSWORD)
        and instance.has_usable_password()
    )
