"""What some settings let one choose from; the value is what stands in ``JWTAUTH``."""

from enum import StrEnum


class Delivery(StrEnum):
    """How tokens reach a client and come back."""

    COOKIE = "cookie"
    """In HttpOnly cookies, protected against CSRF."""
    BEARER = "bearer"
    """In the body of the answer, and in the Authorization header."""


class Revocation(StrEnum):
    """How soon a revoked access token stops to count."""

    DENYLIST = "denylist"
    """At the next request."""
    REFRESH_ONLY = "refresh_only"
    """When it expires; only refresh tokens end at once."""


class DenylistFailure(StrEnum):
    """What an access token counts for while the denylist can't be read."""

    CLOSED = "closed"
    OPEN = "open"


class DenylistCovers(StrEnum):
    """How long a denylist entry stays."""

    REFRESH = "refresh"
    ACCESS = "access"


class UserLoading(StrEnum):
    """When the row of an authenticated user is read."""

    LAZY = "lazy"
    DATABASE = "database"
    CLAIMS = "claims"
    """Never: there is no user model, the token says who is calling."""


class SessionLimitPolicy(StrEnum):
    """What happens to a login that would be one too many."""

    EVICT_OLDEST = "evict_oldest"
    DENY = "deny"


class SameSite(StrEnum):
    """Whether a browser sends the token cookies along from other sites."""

    STRICT = "Strict"
    LAX = "Lax"
    NONE = "None"
