"""Django's default password hasher, which tells how long it takes.

On only where ``DEMO_COUNTING=1``: what else a login costs would be lost beside it.
"""

import time

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from demo_project.compare.counting.middleware import count_hash

QUICK_ITERATIONS = 1_000
"""A run logs in a hundred times, and the hash is of interest in one row alone."""


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
        """Leave the quick hash of the comparison's user as it is."""
        if self.decode(encoded)["iterations"] == QUICK_ITERATIONS:
            return False
        return super().must_update(encoded)
