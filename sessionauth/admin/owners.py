"""The users whose sessions are shown: their rows, and who is meant by a search."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Model, Q

from sessionauth.flows.revoke import user_id_of

MOST = 100
"""So many users are looked up for a search."""


def rows_of(user_ids: Iterable[str]) -> Mapping[str, AbstractBaseUser]:
    """Return the rows of those who still have one, by the key in the session."""
    keys = [key for key in map(_key, user_ids) if key is not None]
    users = get_user_model()._base_manager.filter(pk__in=keys)
    return {user_id_of(user): user for user in users}


def matching(text: str) -> tuple[Mapping[str, AbstractBaseUser], bool]:
    """Return the users whom a search means, and whether there may be more of them.

    By part of the name or e-mail, whatever the user model calls them, or by the key.
    """
    key = _key(text)
    condition = Q(pk=key) if key is not None else Q(pk__in=())
    for name in _name_fields():
        condition |= Q(**{f"{name}__icontains": text})
    users = get_user_model()._base_manager.filter(condition).order_by("pk")
    found = list(users[: MOST + 1])
    return {user_id_of(user): user for user in found[:MOST]}, len(found) > MOST


def _name_fields() -> Iterable[str]:
    model = get_user_model()
    names = (model.USERNAME_FIELD, model.get_email_field_name())
    existing = {field.name for field in model._meta.fields}
    return [name for name in dict.fromkeys(names) if name in existing]


def _key(user_id: str) -> Any:  # noqa: ANN401 # the type of the user model's key
    """Return the key as the model has it; None for what can't be one."""
    try:
        field = _primary_key(get_user_model())
        field.run_validators(key := field.to_python(user_id))
    except ValidationError:
        return None
    return key


def _primary_key(model: type[Model]) -> Any:  # noqa: ANN401 # any field
    return model._meta.pk
