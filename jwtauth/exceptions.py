"""Every error of the package; each has a stable short ``code``.

::

    JWTAuthError
    ├── TokenRefused                an access or refresh token does not count
    │   ├── TokenMalformed          not one of our tokens at all
    │   ├── TokenTypeMismatch       another kind of JWT (RFC 8725 §3.11)
    │   ├── KeyUnknown              no key of that name verifies now
    │   ├── AlgorithmMismatch       not the algorithm of the key (RFC 8725 §3.1)
    │   ├── SignatureInvalid        signature or tag does not fit
    │   ├── TokenExpired            past ``exp``
    │   ├── TokenNotYetValid        before ``nbf``, or issued in the future
    │   ├── IssuerMismatch          another issuer
    │   ├── AudienceMismatch        meant for another audience
    │   ├── ClaimInvalid            a claim is missing or ill-formed
    │   ├── TokenRevoked            on the denylist
    │   ├── UserInactive            the user is gone, deactivated or changed
    │   ├── FamilyRefused           no such login, ended, or expired
    │   ├── CookiesDisagree         access and refresh cookie are of two logins
    │   ├── FamilyOutdated          the token is ahead of the record: restored backup?
    │   └── TokenReused             an already rotated refresh token came back
    ├── CredentialsAmbiguous        a request brings two that contradict each other
    ├── ScopeRefused                more was asked for than was granted
    ├── ClaimsRefused               CLAIMS returned what a token may not say
    │   └── ClaimsTooLarge          the token would not fit where it has to go
    ├── LoginRefused                the user changed while the login was being checked
    │   ├── CredentialsChanged      a new password, or a new hash of it
    │   ├── LoginOvertaken          the login that was to go on has ended meanwhile
    │   └── SessionLimitReached     the user has as many logins as allowed
    ├── StoreDown                   an answer is impossible now; try again
    │   ├── DenylistDown            Redis is down, or its entries are not complete
    │   ├── KeysUnavailable         the issuer's public keys can't be fetched
    │   └── FamiliesBusy            the database kept reporting conflicts
    └── KeyRefused                  a key or a set of keys may not be used

Outside, every ``TokenRefused`` looks the same; ``code`` goes to log and signal.
"""

from typing import ClassVar


class JWTAuthError(Exception):
    """Root of the tree."""

    code: ClassVar[str] = "jwtauth_error"


class TokenRefused(JWTAuthError):
    """An access or refresh token does not count."""

    code = "token_refused"


class TokenMalformed(TokenRefused):
    """The text is not one of our tokens."""

    code = "token_malformed"


class TokenTypeMismatch(TokenRefused):
    """The token is another kind of JWT."""

    code = "token_type_mismatch"


class KeyUnknown(TokenRefused):
    """No key of that name verifies now."""

    code = "key_unknown"


class AlgorithmMismatch(TokenRefused):
    """The token names another algorithm than its key has."""

    code = "algorithm_mismatch"


class SignatureInvalid(TokenRefused):
    """The signature or the tag does not fit."""

    code = "signature_invalid"


class TokenExpired(TokenRefused):
    """The token is past its ``exp``."""

    code = "token_expired"


class TokenNotYetValid(TokenRefused):
    """The token is not valid yet."""

    code = "token_not_yet_valid"


class IssuerMismatch(TokenRefused):
    """The token comes from another issuer."""

    code = "issuer_mismatch"


class AudienceMismatch(TokenRefused):
    """The token is meant for another audience."""

    code = "audience_mismatch"


class ClaimInvalid(TokenRefused):
    """A claim is missing or ill-formed."""

    code = "claim_invalid"


class TokenRevoked(TokenRefused):
    """The token's family is on the denylist."""

    code = "token_revoked"


class UserInactive(TokenRefused):
    """The token's user is gone, deactivated or changed."""

    code = "user_inactive"


class FamilyRefused(TokenRefused):
    """There is no such login, or it has ended or expired."""

    code = "family_refused"


class CookiesDisagree(TokenRefused):
    """The access and the refresh cookie are of two logins: one was planted."""

    code = "cookies_disagree"


class FamilyOutdated(TokenRefused):
    """The record lags behind a genuine token: a restored backup or a leaked key."""

    code = "family_outdated"


class TokenReused(TokenRefused):
    """An already rotated refresh token came back; its family is revoked."""

    code = "token_reused"


class CredentialsAmbiguous(JWTAuthError):
    """A request brings two credentials that contradict each other (RFC 6750 §3.1)."""

    code = "invalid_request"


class ScopeRefused(JWTAuthError):
    """A client asked for more than was granted, or for no scope (RFC 6749 §5.2)."""

    code = "invalid_scope"


class ClaimsRefused(JWTAuthError):
    """The project's ``CLAIMS`` returned what a token may not say: a fault of it."""

    code = "claims_refused"


class ClaimsTooLarge(ClaimsRefused):
    """The access token is larger than a cookie, or than any reader accepts."""

    code = "claims_too_large"


class LoginRefused(JWTAuthError):
    """The user was deactivated or changed while the login was being checked."""

    code = "login_refused"


class CredentialsChanged(LoginRefused):
    """What the user was proved by changed meanwhile: a new password, or a new hash."""

    code = "credentials_changed"


class LoginOvertaken(LoginRefused):
    """The login that the user was to go on with has ended meanwhile, and stays so."""

    code = "login_overtaken"


class SessionLimitReached(LoginRefused):
    """The user has as many logins as ``MAX_SESSIONS_PER_USER`` allows."""

    code = "session_limit_reached"


class StoreDown(JWTAuthError):
    """No answer is possible now; the same request may succeed later."""

    code = "store_down"


class DenylistDown(StoreDown):
    """Redis does not answer, or what it holds is not known to be complete."""

    code = "denylist_down"


class KeysUnavailable(StoreDown):
    """The JWKS address of ``KEYS`` has given no usable keys for too long."""

    code = "keys_unavailable"


class FamiliesBusy(StoreDown):
    """The database reported a conflict at every attempt."""

    code = "families_busy"


class KeyRefused(JWTAuthError):
    """A key or a set of keys may not be used."""

    code = "key_refused"

    def __init__(self, message: str, *, code: str, hint: str) -> None:
        """Keep what is wrong, a stable name for it, and the cure.

        Args:
            message: what is wrong; never contains key material.
            code: which rule is broken, e.g. ``"secret_too_short"``.
            hint: what to do about it.
        """
        super().__init__(message)
        self.code = code  # type: ignore[misc] # each broken rule has its own code
        self.hint = hint
