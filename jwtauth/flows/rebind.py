"""A login stores the same password under a better hash: nobody is logged out."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.crypto import constant_time_compare

from jwtauth.stores import active_families, families, key_source, users
from jwtauth.stores.conflicts import LOCKED_ATTEMPTS, retry_conflicts


def rebind(before: AbstractBaseUser, after: AbstractBaseUser, *, now: float) -> None:
    """Let the logins of a user outlive an upgrade of the password's hash.

    Args:
        before: the user with the hash that was replaced.
        after: the user with the new hash, as it has been stored.
        now: Unix seconds.

    Raises:
        FamiliesBusy: the database kept reporting conflicts.
    """
    using = families.database()
    keys = key_source.refresh_keys(now)

    def step() -> None:
        with transaction.atomic(using=using):
            locked = users.lock(after.pk, using=using)
            # Another password may have been set since: its hash is not this one's.
            if locked is not None and _same(locked[0], after):
                active_families.rebind(before, after, keys, now=now)

    retry_conflicts(step, attempts=LOCKED_ATTEMPTS)


def _same(one: AbstractBaseUser, other: AbstractBaseUser) -> bool:
    return constant_time_compare(users.auth_hash(one), users.auth_hash(other))
