"""The check of what stands between the login and somebody who guesses."""

from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 # Django's name
from django.utils.module_loading import import_string


@register(Tags.security, deploy=True)
def check_guard(**_: object) -> list[CheckMessage]:
    """W012: something counts wrong passwords, and refuses before they are checked."""
    if _is_guarded():
        return []
    return [
        Warning(
            "Nothing known guards the login against guessing.",
            hint="Install django-axes (extra 'lockout') with its backend as the first "
            "of AUTHENTICATION_BACKENDS: docs/how-to/guard-the-login.md. If a proxy or "
            "another package is the guard, silence this check and write down which.",
            id="sessionauth.W012",
        )
    ]


def _is_guarded() -> bool:
    """Return whether axes counts, and is asked before any backend that proves users."""
    if not apps.is_installed("axes"):
        return False
    if not getattr(django_settings, "AXES_ENABLED", True):
        return False
    first = next(iter(django_settings.AUTHENTICATION_BACKENDS), "")
    try:
        kinds = import_string(first).__mro__
    except (AttributeError, ImportError):
        return False  # Django says it better at the first login.
    return any(kind.__module__ == "axes.backends" for kind in kinds)
