"""What changes a user ends the user's logins: in a form, the admin or a shell.

The rows of the logins change in the transaction that changes the user, and the rest
follows its commit. A denylist that is down breaks no save: the entries come later.
"""

import copy
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeAlias

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save

from jwtauth.flows.rebind import rebind
from jwtauth.flows.revoke import revoke_all
from jwtauth.models import RevocationReason
from jwtauth.stores import families
from jwtauth.transport.own_login import OwnChange, own_login

_Values: TypeAlias = dict[str, Any]
_OnEnded: TypeAlias = Callable[[Collection[str]], None]

_BEFORE = "_jwtauth_before"
_NEW_PASSWORD = "_jwtauth_new_password"  # noqa: S105 # the name of a mark
_RIGHTS = ("groups", "user_permissions")


def connect() -> None:
    """Watch the user model, what inherits from it, and its rights."""
    # One sender after the other: a receiver for all of them would take the fast way
    # of deleting away from every model of the project.
    for model in apps.get_models():
        if issubclass(model, get_user_model()):
            pre_save.connect(note_before, model, dispatch_uid="jwtauth.before")
            post_save.connect(end_if_changed, model, dispatch_uid="jwtauth.change")
            pre_delete.connect(end_deleted, model, dispatch_uid="jwtauth.deletion")
    for right in _rights():
        m2m_changed.connect(end_if_lost, _through(right), dispatch_uid="jwtauth.rights")


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
    names = [
        name for name in _reasons() if update_fields is None or name in update_fields
    ]
    if raw or not names or instance.pk is None or using != families.database():
        return
    rows = get_user_model()._base_manager.using(using).filter(pk=instance.pk)
    setattr(instance, _BEFORE, rows.values(*names).first())


def end_if_changed(
    instance: AbstractBaseUser, update_fields: Iterable[str] | None, **_: object
) -> None:
    """End every login of a user who is not the same any more."""
    before: _Values | None = vars(instance).pop(_BEFORE, None)
    changed = _changed(before or {}, instance)
    if not changed:
        return
    if _is_upgrade(instance, update_fields):
        rebind(_with(instance, before or {}), instance, now=time.time())
        # Once: the next password that this object saves is none of a login's.
        setattr(instance, _NEW_PASSWORD, True)
        return
    reason = _reasons()[changed[0]]
    _end(instance.pk, reason, on_ended=_let_own_login_go_on(instance, reason))


def end_deleted(instance: AbstractBaseUser, using: str, **_: object) -> None:
    """End every login of a user who is about to be deleted.

    Before, not after: the row is what a login that is under way waits for.
    """
    if using == families.database():
        _end(instance.pk, RevocationReason.USER_DELETED)


def end_if_lost(  # Django's signature
    sender: type[models.Model],
    instance: models.Model,
    action: str,
    reverse: bool,  # noqa: FBT001 # the same
    pk_set: set[Any] | None,
    using: str,
    **_: object,
) -> None:
    """End every login of users who are about to lose a group or a permission.

    What is added needs no end: it may wait for the next access token.
    """
    if action not in {"pre_remove", "pre_clear"} or using != families.database():
        return
    name = next(field.name for field in _rights() if _through(field) is sender)
    rights = _members(instance, name) if reverse else getattr(instance, name).all()
    lost = rights.using(using)
    if pk_set is not None:
        lost = lost.filter(pk__in=pk_set)
    pks = set(lost.values_list("pk", flat=True))
    user_ids = pks if reverse or not pks else {instance.pk}
    for user_id in user_ids:
        _end(user_id, RevocationReason.PRIVILEGES_CHANGED)


def _rights() -> "list[models.ManyToManyField[Any, Any]]":
    """Return the fields that give a user rights, as far as the model has them."""
    fields = get_user_model()._meta.many_to_many
    return [field for field in fields if field.name in _RIGHTS]


def _through(field: "models.ManyToManyField[Any, Any]") -> type[models.Model] | None:
    return field.remote_field.through


def _members(right: models.Model, name: str) -> "models.QuerySet[AbstractBaseUser]":
    """Return the users who have a group or a permission."""
    return get_user_model()._base_manager.filter(**{name: right})


def _reasons() -> dict[str, RevocationReason]:
    """Return the fields whose change ends logins, as far as the model has them."""
    model = get_user_model()
    reasons = {
        "is_active": RevocationReason.USER_DEACTIVATED,
        "password": RevocationReason.PASSWORD_CHANGED,
        "is_superuser": RevocationReason.PRIVILEGES_CHANGED,
        "is_staff": RevocationReason.PRIVILEGES_CHANGED,
        model.USERNAME_FIELD: RevocationReason.ACCOUNT_CHANGED,
        model.get_email_field_name(): RevocationReason.ACCOUNT_CHANGED,
    }
    has = {field.name for field in model._meta.concrete_fields}
    return {name: reason for name, reason in reasons.items() if name in has}


def _changed(before: _Values, instance: AbstractBaseUser) -> list[str]:
    """Return the names of the fields that changed, the gravest first."""
    return [
        name
        for name, value in before.items()
        if getattr(instance, name) != value
        # Who is let in again has no login to end.
        and not (name == "is_active" and not value)
    ]


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


def _with(instance: AbstractBaseUser, values: _Values) -> AbstractBaseUser:
    """Return the user as it was."""
    before = copy.copy(instance)
    for name, value in values.items():
        setattr(before, name, value)
    return before


def _end(
    user_id: Any,  # noqa: ANN401 # the type of the user model's key
    reason: RevocationReason,
    *,
    on_ended: _OnEnded | None = None,
) -> None:
    revoke_all(
        user_id,
        reason=reason,
        now=time.time(),
        must_reach_redis=False,
        on_ended=on_ended,
    )


def _let_own_login_go_on(
    instance: AbstractBaseUser, reason: RevocationReason
) -> _OnEnded | None:
    """Ask for new tokens where a request changes the user that it acts as.

    Only where this very change ended the login: one that had ended before, be it for
    the same reason, stays ended, though its access token may act for a while yet.
    """
    login = own_login(instance)
    if login is None:
        return None

    def note(sids: Collection[str]) -> None:
        if login.sid in sids:
            login.ended_by = OwnChange(user=instance, reason=reason)

    return note
