"""What an application may listen to; each event once, after the commit of its write.

Receivers run robustly: one that fails is logged by Django and changes nothing.
No signal carries a token.

token_issued
    A login got its first tokens. Arguments: ``user``, ``sid``, ``request_context``.
token_rotated
    A refresh token was rotated, retried or displaced. Arguments: ``sid``,
    ``outcome`` (:class:`jwtauth.core.rotation.RotationOutcome`), ``request_context``.
token_reused
    An already rotated refresh token came back, and its family has ended for it.
    Arguments: ``sid``, ``user_id``, ``kind``
    (:class:`jwtauth.core.rotation.ReuseKind`), ``request_context``.
family_revoked
    A login has ended before its time. Arguments: ``sid``, ``user_id``, ``reason``
    (:class:`jwtauth.models.RevocationReason`).
denylist_bypassed
    An access token was accepted without asking the denylist: Redis is down and
    ``DENYLIST_FAILURE`` is ``"open"``. Count these. Argument: ``sid``.
"""

from django.dispatch import Signal

token_issued = Signal()
token_rotated = Signal()
token_reused = Signal()
family_revoked = Signal()
denylist_bypassed = Signal()
