"""Checks of the mail that ``MAIL_ON_REUSE`` sends within a request."""

import warnings
from typing import Any

import django
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Tags, Warning  # noqa: A004 # Django's name

from jwtauth.checks.registry import register_for_settings
from jwtauth.conf import Settings

_SMTP = "django.core.mail.backends.smtp.EmailBackend"


@register_for_settings(Tags.security)
def check_mail_timeout(settings: Settings) -> list[CheckMessage]:
    """W010: a mail server that hangs does not hold a request for ever."""
    if not settings.mail_on_reuse:
        return []
    backend, timeout, cure = _mailer()
    if backend != _SMTP or timeout is not None:
        return []
    return [
        Warning(
            "JWTAUTH['MAIL_ON_REUSE'] mails within a request, and SMTP has no time "
            "limit.",
            hint=f"Set {cure}, in seconds: a mail server that hangs would keep the "
            "request, and its worker, waiting for ever.",
            id="jwtauth.W010",
        )
    ]


def _mailer() -> tuple[str, object, str]:
    """Return backend and time limit of the default mailer, and how to set the limit."""
    # Django 6.1 reads MAILERS, and refuses the old settings beside it.
    if django.VERSION >= (6, 1) and hasattr(django_settings, "MAILERS"):
        mailers: dict[str, Any] = getattr(django_settings, "MAILERS")  # noqa: B009 # not in the stubs
        mailer = mailers.get("default", {})
        limit = mailer.get("OPTIONS", {}).get("timeout")
        cure = "MAILERS['default']['OPTIONS']['timeout']"
        return mailer.get("BACKEND", _SMTP), limit, cure
    with warnings.catch_warnings():
        # That they are deprecated is for Django to say, when it sends.
        warnings.simplefilter("ignore")
        backend, limit = django_settings.EMAIL_BACKEND, django_settings.EMAIL_TIMEOUT
    return backend, limit, "EMAIL_TIMEOUT"
