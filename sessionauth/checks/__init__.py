"""System checks: what would go wrong at the first request is said at the start.

They register when they are imported.
"""

from sessionauth.checks import cookies, guard, settings, stores

__all__ = ["cookies", "guard", "settings", "stores"]
