"""Django's default password hasher, which tells how long it takes.

On only where ``DEMO_COUNTING=1``: what else a login costs would be lost beside it.
"""

import time

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from demo_project.compare.counting.middleware import count_hash


class TimedHasher(PBKDF2PasswordHasher):
    """The same hashes; verifying a password comes through ``encode`` as well."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Hash as Django does, and add the time to the request's counts."""
        began = time.perf_counter()
        try:
            return super().encode(password, salt, iterations)
        finally:
            count_hash(time.perf_counter() - began)

    def must_update(self, encoded: str) -> bool:
        """Leave every hash as it is: one of the comparison's users has a quick one."""
        del encoded
        return False
