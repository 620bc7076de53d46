"""The code of the how-to on the log, run as a reader would run it."""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from demo_project.json_lines import FIELDS
from tests.contracts.visitor import SESSION, Visitor
from tests.jwtauth.caller import PASSWORD, Caller

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs/how-to/watch-and-log.md").read_text("utf-8")
LOGGING, COUNTING = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def counts() -> Iterator[Counter[tuple[str, str]]]:
    """What the handler of the page counts."""
    names: dict[str, type[logging.Handler]] = {}
    exec(COUNTING, names)  # noqa: S102 # our own page
    handler = names["CountingHandler"]()
    loggers = [logging.getLogger(name) for name in ("jwtauth", "sessionauth")]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield handler.counts  # type: ignore[attr-defined]
    for logger in loggers:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


@pytest.mark.requirement("LOG-05")
def test_handler_counts_refreshes_grace_and_hits_of_the_denylist(
    counts: Counter[tuple[str, str]], transactional_db: None
) -> None:
    """No exporter is ours: whatever a project counts with, this is where it starts."""
    alice = User.objects.create_user("alice", password=PASSWORD)
    caller = Caller()
    body = caller.login(alice)
    for _ in range(3):
        caller.refreshed(body["refresh"])
    caller.logout(body["access"])
    caller.me(body["access"])
    Visitor(SESSION).log_in()

    assert counts == {
        ("login", "login"): 2,
        ("refresh", "rotated"): 1,
        ("refresh", "retry"): 2,
        ("logout", "logout"): 1,
        ("refusal", "token_revoked"): 1,
    }


def test_logging_is_the_demos() -> None:
    """What is shown must be what is tried."""
    settings = (CHECKOUT / "demo_project/settings.py").read_text("utf-8")
    settings = re.sub(r"^ +#.*\n", "", settings, flags=re.MULTILINE)

    assert LOGGING in settings


def test_fields_of_the_table_are_in_the_lines() -> None:
    """A documented field that the formatter leaves out would be missed in an audit."""
    (section,) = re.findall(r"## What is in a line\n(.*?)\n## ", PAGE, re.DOTALL)
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    fields = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert {"event", "user_id", "handle", "request_id"} <= fields <= set(FIELDS)
