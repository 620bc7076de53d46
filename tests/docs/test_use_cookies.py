"""The code of the how-to on cookies, run as a reader would run it."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

PAGE = Path(__file__).parents[2] / "docs/how-to/use-cookies.md"
_SETTINGS, MIDDLEWARE = re.findall(
    r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
)


@pytest.mark.parametrize(
    ("path", "expected"), [("/admin/", False), ("/health/", False), ("/", True)]
)
def test_how_to_middleware_leaves_out_its_paths_and_the_admin(
    path: str, *, expected: bool
) -> None:
    """Who overrides ``applies`` must not let tokens into the admin unawares."""
    names: dict[str, Any] = {}
    exec(MIDDLEWARE, names)  # noqa: S102 # our own page
    middleware = names["NotForHealth"](lambda _request: HttpResponse())

    assert middleware.applies(RequestFactory().get(path)) is expected
