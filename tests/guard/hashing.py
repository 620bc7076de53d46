"""A password hasher that counts its work."""

from typing import ClassVar

from django.contrib.auth.hashers import MD5PasswordHasher


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed, to be made or to be compared."""

    algorithm = "counting"
    calls: ClassVar[list[str]] = []

    def encode(self, password: str, salt: str) -> str:
        """Count, then hash."""
        self.calls.append(salt)
        return super().encode(password, salt)
