"""What a login or a refresh hands out."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class IssuedTokens:
    """An access token, a refresh token, and how many seconds each has left.

    ``scope`` is what the access token may be used for; None if the login was granted no
    scope at all.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    refresh_expires_in: int
    scope: str | None = None
