"""The settings of the how-to, as they stand there."""

import copy
import re
from pathlib import Path
from typing import Any

from django.conf import settings

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs/how-to/guard-the-login.md").read_text("utf-8")
SETTINGS, UNLOCKING, SILENCING = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def guard() -> dict[str, Any]:
    """Return what the block makes of the tests' settings, for ``override_settings``."""
    made: dict[str, Any] = {
        "INSTALLED_APPS": [],
        "MIDDLEWARE": list(settings.MIDDLEWARE),
    }
    exec(SETTINGS.replace("mysite", "demo_project"), made)  # noqa: S102 # our own page
    assert made["INSTALLED_APPS"] == ["axes"]
    ours = {k: v for k, v in made.items() if k.isupper() and k != "INSTALLED_APPS"}
    return ours | {"AXES_ENABLED": True} | _with_templates()


def _with_templates() -> dict[str, Any]:
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [CHECKOUT / "templates"]
    return {"TEMPLATES": templates, "STATIC_URL": "/static/"}
