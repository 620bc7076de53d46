"""Guesses that are sent all at once get no further than one after another."""

from collections import Counter

import pytest
from django.contrib.auth.models import User

from demo_project.lockout import GUESSES_FROM_UNKNOWN
from tests.crowd import crowd_of
from tests.guard.test_guessing import used_up
from tests.guard.ways import HOME, LOGINS, Device

GUESSES = 50

pytestmark = [
    pytest.mark.requirement("LGN-01"),
    pytest.mark.postgres,
    pytest.mark.serial,
    pytest.mark.usefixtures("guarded"),
]


def answers(*addresses: str) -> Counter[int]:
    """Return how often each status came, of as many guesses as there are threads."""
    devices = [Device(LOGINS[0], address=address) for address in addresses]
    actions = [lambda device=device: device.tries("wrong") for device in devices]
    with crowd_of(GUESSES) as crowd:
        return Counter(answer.status_code for answer in crowd.all_at_once(*actions))


def test_guesses_at_once_from_one_address_are_five(alice: User) -> None:
    """Counted after the check, all fifty would be checked."""
    found = answers(*[HOME] * GUESSES)

    assert found == {401: 5, 429: GUESSES - 5}


def test_guesses_at_once_from_everywhere_keep_the_cap(alice: User) -> None:
    """A botnet can wait for its moment."""
    used_up(GUESSES_FROM_UNKNOWN - 5)

    found = answers(*[f"10.0.0.{i + 1}" for i in range(GUESSES)])

    assert found == {401: 5, 429: GUESSES - 5}
