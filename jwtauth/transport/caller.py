"""Who is calling: the claims of the access token that a request is judged by."""

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from jwtauth.conf import Delivery
from jwtauth.core.claims import AccessClaims
from jwtauth.flows.authenticate import refuse_revoked, refuse_two_logins, verify
from jwtauth.transport import Presented, renewed
from jwtauth.transport.cookies import refresh_cookie
from jwtauth.transport.own_login import note_own_login

_PROVEN = "_jwtauth_proven_claims"


@sensitive_variables()
def claims_of(
    request: HttpRequest, presented: Presented, *, now: float
) -> AccessClaims:
    """Return the claims of a presented access token that counts at ``now``.

    Raises:
        TokenRefused: it doesn't; or the cookies are of two logins.
        DenylistDown: whether it was revoked can't be known now.
    """
    claims = verify(presented.text, now=now)
    # After a refresh in place the cookies are of before.
    if presented.delivery is Delivery.COOKIE and renewed(request) is None:
        refuse_two_logins(presented.text, refresh_cookie(request), now=now)
    refuse_revoked(claims, now=now)
    if presented.delivery is Delivery.COOKIE:
        note_own_login(request, claims.sid)
    setattr(request, _PROVEN, claims)
    return claims


def claims_of_user(request: HttpRequest) -> AccessClaims | None:
    """Return the claims that say who ``request.user`` is; None where no token does.

    Nobody may be logged in, or other middleware has named somebody else. Reading the
    user is what proves the claims: it costs nothing twice.

    Raises:
        StoreDown: who is calling can't be known now.
    """
    if not request.user.is_authenticated:
        return None
    claims: AccessClaims | None = getattr(request, _PROVEN, None)
    if claims is None or claims.subject != str(request.user.pk):
        return None
    return claims
