"""Server-side sessions in Redis for Django and DRF: revocable at once, at any time.

The layers, top to bottom; imports point down only::

    apps            registers checks and receivers
    urls checks receivers management
    admin           everybody's sessions: look at them, and end them
    views           login and logout, as pages and as JSON
    authentication  DRF: who is calling, for one round trip
    permissions     DRF: a recent login
    decorators      the same for pages
    parsers serializers forms   what the endpoints read
    middleware      503 when the store is down, the cookie kept
    engine          SESSION_ENGINE = "sessionauth.engine"
    answers         what a client is told: page or JSON
    transport       the cookie, the client's address
    flows           user stories: load, save, renew, login, authenticate, revoke
    signals         what happened, also as log lines
    stores          what lies in Redis: sessions, index, connection, lua/
    models          ActiveSession: permissions without a table
    conf            the SESSIONAUTH setting
    core            records, timeouts, ids: values in, values out
    exceptions      the error tree

The public calls, imported when they are used, because settings may not be ready
before: ``login(request, user, end_oldest=False)`` and
``revoke_all(user, reason, keep=None)``.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sessionauth.flows.login import login
    from sessionauth.flows.revoke import revoke_all

__all__ = ["login", "revoke_all"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sessionauth.flows.login import login
    from sessionauth.flows.revoke import revoke_all

    return {"login": login, "revoke_all": revoke_all}[name]
