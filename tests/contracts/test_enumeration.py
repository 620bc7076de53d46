"""No way in tells whether there is such a user: not by text, status, or work done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from tests.contracts.visitor import PASSWORD
from tests.guard.conftest import guarded_login
from tests.guard.hashing import CountingHasher
from tests.guard.ways import LOGINS, Device, Way

HASHER = f"{CountingHasher.__module__}.{CountingHasher.__qualname__}"

pytestmark = pytest.mark.requirement("LGN-02")


@dataclass(frozen=True)
class Told:
    """What somebody outside can see of a refusal, or measure."""

    status: int
    body: str
    headers: frozenset[tuple[str, str]]
    hashes: int
    queries: int


@pytest.fixture(autouse=True)
def _hasher() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=[HASHER]):
        yield


@pytest.fixture(params=LOGINS, ids=str)
def login(request: pytest.FixtureRequest) -> Way:
    """Each way in that takes a name."""
    found: Way = request.param
    return found


@pytest.fixture(params=[False, True], ids=["bare", "guarded"])
def _guard(request: pytest.FixtureRequest) -> Iterator[None]:
    if not request.param:
        yield
        return
    with guarded_login():
        yield


def unknown() -> str:
    return PASSWORD


def wrong() -> str:
    User.objects.create_superuser("alice", password=PASSWORD)
    return "wrong"


def inactive() -> str:
    User.objects.create_superuser("alice", password=PASSWORD, is_active=False)
    return PASSWORD


def inactive_and_wrong() -> str:
    inactive()
    return "wrong"


def without_password() -> str:
    User.objects.create_superuser("alice", password=None)
    return PASSWORD


def refused(way: Way, password: str) -> Told:
    """Return what the answer to ``password`` tells."""
    device = Device(way)
    # Each refusal is the first one of its name.
    AccessAttempt.objects.all().delete()
    CountingHasher.calls.clear()
    with CaptureQueriesContext(connection) as queries:
        answer = device.tries(password)
    return Told(
        status=answer.status_code,
        body=without_csrf_token(answer.content.decode()),
        # Of all headers only the clock may differ.
        headers=frozenset(
            answer.headers.items() - {("Expires", answer.get("Expires"))}
        ),
        hashes=len(CountingHasher.calls),
        queries=len(queries),
    )


def without_csrf_token(body: str) -> str:
    """Return a page without the token that is another one each time."""
    lines = body.splitlines()
    return "\n".join(line for line in lines if "csrfmiddlewaretoken" not in line)


@pytest.mark.usefixtures("transactional_db", "_guard")
@pytest.mark.parametrize(
    "case", [wrong, inactive, inactive_and_wrong, without_password]
)
def test_refusal_is_that_of_an_unknown_user(
    login: Way, case: Callable[[], str]
) -> None:
    """Bodies, statuses and headers are equal; so are hashes, and queries."""
    nobody = refused(login, unknown())

    somebody = refused(login, case())

    assert somebody == nobody
    assert nobody.hashes == 1


@pytest.mark.usefixtures("transactional_db")
def test_who_may_log_in_costs_one_hash_as_well(login: Way) -> None:
    """Counting must count: the same steps with the right password come to the end."""
    wrong()
    CountingHasher.calls.clear()

    assert Device(login).gets_in()
    assert len(CountingHasher.calls) == 1
