"""A login that has ended, as those must know it who refuse its access tokens."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class EndedFamily:
    """What the denylist must know of a family that has ended."""

    sid: str
    user_id: str
    access_until: datetime
    absolute_expires_at: datetime
