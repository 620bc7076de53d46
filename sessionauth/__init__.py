"""Server-side sessions in Redis for Django and DRF: revocable at once, at any time.

The layers, top to bottom; imports point down only; the build enforces it::

    apps
    urls  admin  management  checks  receivers
    views
    authentication  decorators  forms  middleware  engine  parsers  permissions
        serializers
    answers  destinations  request_body  transport
    flows          user stories: load, save, renew, login, authenticate, revoke
    stores
    signals
    models         ActiveSession: permissions without a table
    conf           the only reader of SESSIONAUTH
    core           records, timeouts, ids: values in, values out
    exceptions     the error tree

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
