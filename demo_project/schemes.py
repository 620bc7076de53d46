"""The two schemes as data: everything the demo must know to mount either."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

# Lazy, because the settings read this module.
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """One way to log in and to prove it with every request."""

    name: str
    title: "StrOrPromise"
    app: str
    authentication: str
    credential: "StrOrPromise"

    @property
    def auth_urls(self) -> str:
        """Return the app's URL configuration."""
        return f"{self.app}.urls"

    @property
    def login_url(self) -> str:
        """Return the name of the login page: under ``/auth/`` if the scheme is on."""
        return f"{self.app}:login"


SCHEMES = {
    scheme.name: scheme
    for scheme in (
        Scheme(
            name="jwt",
            title=_("JSON Web Tokens"),
            app="jwtauth",
            authentication="jwtauth.authentication.JWTAuthentication",
            credential=_(
                "an access token: browsers send it as a cookie, programs in the "
                "Authorization header"
            ),
        ),
        Scheme(
            name="session",
            title=_("Sessions"),
            app="sessionauth",
            authentication="sessionauth.authentication.SessionAuthentication",
            credential=_("a random id in a cookie; what it stands for is in Redis"),
        ),
    )
}
