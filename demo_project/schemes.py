"""The two schemes as data: everything the demo must know to mount either."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """One way to log in and to prove it with every request."""

    name: str
    title: str
    app: str
    authentication: str
    credential: str

    @property
    def auth_urls(self) -> str:
        """Return the app's URL configuration."""
        return f"{self.app}.urls"


SCHEMES = {
    scheme.name: scheme
    for scheme in (
        Scheme(
            name="jwt",
            title="JSON Web Tokens",
            app="jwtauth",
            authentication="jwtauth.authentication.JWTAuthentication",
            credential="an access token in the Authorization header",
        ),
        Scheme(
            name="session",
            title="Sessions",
            app="sessionauth",
            authentication="sessionauth.authentication.SessionAuthentication",
            credential="a session cookie",
        ),
    )
}
