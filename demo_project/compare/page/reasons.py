"""What the decision guide says: the words beside the figures.

Each stands for a row of the comparison, whose figure is quoted beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class NeedText:
    """How a need is spoken of where it is met, and where it can't be."""

    why: "StrOrPromise"
    cannot: "StrOrPromise"
    also: Sequence[str] = ()
    """Further rows that say more of it, where the result has them."""


@dataclass(frozen=True, kw_only=True)
class Because:
    """What speaks for a mode, whatever was answered, and the row that shows it."""

    row_id: str
    text: "StrOrPromise"


NEED_TEXTS: Mapping[str, NeedText] = {
    "second_service": NeedText(
        why=_(
            "Another service can tell by itself who is calling: a public key is all "
            "that it takes. It does not hear of an ended login before the token "
            "expires, unless it may read the denylist."
        ),
        cannot=_("No mode that suits the client lets another service check by itself."),
        also=("second_service_revoked",),
    ),
    "revoke_one": NeedText(
        why=_("Who logs out, or is logged out, is refused with the next request."),
        cannot=_("No mode that suits the client ends a login at once."),
    ),
    "redis_stops": NeedText(
        why=_(
            "Requests go on without Redis: a token says everything, until it expires."
        ),
        cannot=_(
            "Requests can't go on without Redis here: what ends a login at once has "
            "to be asked for with every request. Ending at once counted more. Keep "
            "Redis on several servers."
        ),
    ),
    "database_stops": NeedText(
        why=_(
            "Requests that need nothing else from the database go on without it, "
            "until the access token expires: a new one takes the database."
        ),
        cannot=_(
            "Requests can't go on for long without the database in any mode that "
            "does the rest; the rest counted more."
        ),
    ),
}
BECAUSE: Mapping[str, Sequence[Because]] = {
    "session": (
        Because(
            row_id="revoke_all",
            text=_("All logins of a user end at once, too: there is one place to ask."),
        ),
        Because(
            row_id="keys",
            text=_("There are no signing keys to make, guard and replace."),
        ),
    ),
    "jwt_refresh_only": (
        Because(
            row_id="redis",
            text=_("Nothing is asked with a request: it is the cheapest way."),
        ),
    ),
    "jwt_denylist": (
        Because(
            row_id="sql",
            text=_("The user's row is not read, unless a view looks at it."),
        ),
    ),
    "jwt_cookies": (
        Because(
            row_id="injected_script",
            text=_("No script can read the tokens: they are in HttpOnly cookies."),
        ),
    ),
}
OF_CLIENT: Mapping[str, Sequence[Because]] = {
    "pages": (),
    "api": (
        Because(
            row_id="cross_site_form",
            text=_(
                "A program sends its token in a header: it needs no cookie jar and no "
                "CSRF token, and no browser ever sends it by itself."
            ),
        ),
    ),
    "both": (
        Because(
            row_id="cross_site_form",
            text=_(
                "Programs send their token in a header, which no browser does by "
                "itself; pages get theirs in cookies. Pages may as well use sessions "
                "beside it: both apps stand in one project."
            ),
        ),
    ),
}
IN_COOKIES = Because(
    row_id="bytes_sent",
    text=_(
        "The figures are of tokens in a header. In cookies a request carries as many "
        "bytes as in the mode with cookies, and is checked against forgery as there."
    ),
)
"""Where the settings deliver by cookie what was measured as a bearer token."""
ENDED_ELSEWHERE = Because(
    row_id="second_service_revoked",
    text=_(
        "A login ends at once here, and in no other service before its access token "
        "expires. Let the others read the denylist, or make ACCESS_TOKEN_LIFETIME "
        "shorter."
    ),
)
"""Where others verify, and an end at once was asked for."""
ON_ONE_HOST = Because(
    row_id="second_service",
    text=_(
        "That holds for a second service on the same host: a cookie goes to no other. "
        "On a host of its own the service needs the token in a header."
    ),
)
"""Where cookies are to prove who is calling elsewhere."""
COSTS = (
    "share",
    "sql",
    "redis",
    "bytes_sent",
    "refresh",
    "stored_bytes",
    "redis_stops",
    "database_stops",
    "keys",
    "services_needed",
    "clean_up_jobs",
)
