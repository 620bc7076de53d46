"""TokenPolicy: every lifetime, window and name that tokens are judged by."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class TokenPolicy:
    """How long tokens live, who issues them and for whom.

    ``issuer``, ``audience`` and ``client_id`` have no defaults: they are what
    tells one deployment's tokens from another's (RFC 9068 §4). ``audience`` is this
    service, ``other_audiences`` are those that its tokens are for as well.
    """

    issuer: str
    audience: str
    client_id: str
    other_audiences: tuple[str, ...] = ()
    access_token_lifetime: timedelta = timedelta(minutes=15)
    refresh_idle_timeout: timedelta = timedelta(days=7)
    refresh_absolute_timeout: timedelta = timedelta(days=30)
    refresh_grace_period: timedelta = timedelta(seconds=10)
    refresh_retry_window: timedelta = timedelta(seconds=120)
    leeway: timedelta = timedelta(seconds=5)
    max_token_length: int = 8192
    encryption: bool = False
