"""System checks: what would go wrong at the first request is said at the start.

They register when they are imported.
"""

from jwtauth.checks import cookies, guard, mail, metadata, settings, stores

__all__ = ["cookies", "guard", "mail", "metadata", "settings", "stores"]
