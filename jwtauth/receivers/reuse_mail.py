"""Mail about a reused refresh token, where ``MAIL_ON_REUSE`` asks for it.

To the user, who can say whether it was a theft, and to ``ADMINS``. The login has ended
by then; what fails here is logged.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import mail_admins, send_mail
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from jwtauth.conf import get_settings
from jwtauth.core.context import RequestContext
from jwtauth.core.device import device_label
from jwtauth.core.rotation import ReuseKind
from jwtauth.signals import token_reused

logger = logging.getLogger("jwtauth.security")

_SUBJECT = "jwtauth/mail/token_reused_subject.txt"
_TO_USER = "jwtauth/mail/token_reused.txt"
_TO_ADMINS = "jwtauth/mail/token_reused_admins.txt"


def connect() -> None:
    """Listen to reuse."""
    token_reused.connect(mail_reuse, dispatch_uid="jwtauth.reuse_mail")


def mail_reuse(
    sid: str,
    user_id: str,
    kind: ReuseKind,
    request_context: RequestContext,
    **_: object,
) -> None:
    """Mail the user and ``ADMINS``; one that fails keeps the other from nothing."""
    if not get_settings().mail_on_reuse:
        return
    context = {
        "sid": sid,
        "user_id": user_id,
        "kind": kind,
        "time": timezone.now(),
        "device": _in_words(request_context.user_agent),
        "address": request_context.address,
    }
    _tried(lambda: _mail_user(context), sid)
    defanged = {**context, "device": _defanged(request_context.device)}
    _tried(lambda: _mail_admins(defanged), sid)


def _mail_user(context: dict[str, Any]) -> None:
    user = get_user_model()._base_manager.get(pk=context["user_id"])
    text = render_to_string(_TO_USER, {**context, "user": user})
    # Django sends nothing where the address is empty.
    send_mail(_subject(), text, None, [_address_of(user)])


def _mail_admins(context: dict[str, Any]) -> None:
    mail_admins(_subject(), render_to_string(_TO_ADMINS, context))


def _in_words(user_agent: str) -> str:
    """Return what the user is told of the sender's device: names, and no sentence.

    The sender is a thief, perhaps, who would like to write to the user in our name,
    with a link to "secure the account".
    """
    label = device_label(user_agent)
    is_name = label.replace(" ", "").isalpha()
    return label if is_name else _("Unknown device")


def _defanged(text: str) -> str:
    """Return it all, for who looks into it, but with no link for a mail client."""
    return text.replace(".", "[.]").replace("://", "[:]//")


def _subject() -> str:
    return " ".join(render_to_string(_SUBJECT).split())


def _address_of(user: AbstractBaseUser) -> str:
    return getattr(user, user.get_email_field_name(), "") or ""


def _tried(send: Callable[[], None], sid: str) -> None:
    try:
        send()
    except Exception:
        # Whatever a mail server, its backend or a template of the project does: the
        # refusal of the token is the answer, and the other mail is still due.
        extra = {"event": "mail_not_sent", "sid": sid, "handle": sid}
        logger.exception("mail about reuse not sent", extra=extra)
