"""The user where there is no user model: what the access token says, nothing more."""

from typing import Any

from jwtauth.core.claims import AccessClaims


class TokenUser:
    """Whom an access token names, in a service that keeps no users of its own.

    Has the attributes by which Django and DRF tell who is calling. It has no
    permissions of Django's: the token's ``scope`` says what it may be used for
    (``jwtauth.permissions.HasScope``).
    """

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    is_superuser = False

    def __init__(self, claims: AccessClaims) -> None:
        """Take the claims of a verified access token."""
        self.claims = claims

    @property
    def pk(self) -> str:
        """The claim ``sub``: how the issuer spells the user's primary key."""
        return self.claims.subject

    id = pk  # as model users spell it

    def __str__(self) -> str:
        """Return ``sub``; names of people are not in tokens."""
        return self.claims.subject

    def get_username(self) -> str:
        """Return ``sub``."""
        return self.claims.subject

    def __eq__(self, other: object) -> bool:
        """Whether both are the same user of the same issuer."""
        return isinstance(other, TokenUser) and self._identity == other._identity

    def __hash__(self) -> int:
        """Agree with ``==``."""
        return hash(self._identity)

    def has_perm(self, _perm: str, _obj: object = None) -> bool:
        """Return False: this service knows nothing of the user's permissions."""
        return False

    def has_perms(self, _perms: Any, _obj: object = None) -> bool:  # noqa: ANN401 # Django's signature
        """Return False, the same."""
        return False

    def has_module_perms(self, _app_label: str) -> bool:
        """Return False, the same."""
        return False

    @property
    def _identity(self) -> tuple[str, str]:
        return self.claims.issuer, self.claims.subject
