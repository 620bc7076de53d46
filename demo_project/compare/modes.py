"""The modes that are compared, as data: each is the demo with a few settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from demo_project.devices import Device, JwtCookieDevice, JwtDevice, SessionDevice
from demo_project.http_caller import Caller


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One column of the comparison."""

    name: str
    title: str
    explanation: str
    scheme: str
    device: Callable[[Caller], Device]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of ``demo_project.environment``, beyond ``AUTH_SCHEME``."""

    @property
    def is_jwt(self) -> bool:
        """Whether this mode has access and refresh tokens."""
        return self.scheme == "jwt"


MODES = (
    Mode(
        name="session",
        title="session",
        explanation="sessionauth as it comes: the user's row is looked at once a "
        "minute",
        scheme="session",
        device=SessionDevice,
    ),
    Mode(
        name="session_row",
        title="session, user's row",
        explanation="sessionauth with USER_CHECK_INTERVAL 0: the user's row is looked "
        "at with every request",
        scheme="session",
        device=SessionDevice,
        environment={"DEMO_USER_ROW": "1"},
    ),
    Mode(
        name="jwt_refresh_only",
        title="jwt, refresh only",
        explanation="jwtauth with REVOCATION refresh_only and bearer tokens: an access "
        "token is good until it expires",
        scheme="jwt",
        device=JwtDevice,
        environment={"DEMO_REVOCATION": "refresh_only"},
    ),
    Mode(
        name="jwt_denylist",
        title="jwt, denylist",
        explanation="jwtauth as it comes, with bearer tokens: each request asks the "
        "denylist",
        scheme="jwt",
        device=JwtDevice,
    ),
    Mode(
        name="jwt_cookies",
        title="jwt, cookies",
        explanation="jwtauth as it comes, with its tokens in HttpOnly cookies",
        scheme="jwt",
        device=JwtCookieDevice,
    ),
    Mode(
        name="jwt_row",
        title="jwt, user's row",
        explanation="jwtauth with USER database, bearer tokens and the denylist: the "
        "user's row is looked at with every request",
        scheme="jwt",
        device=JwtDevice,
        environment={"DEMO_USER_ROW": "1"},
    ),
)
