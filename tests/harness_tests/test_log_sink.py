"""The sink that every test runs over finds what must not be logged, wherever it is."""

import logging
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.harness import plugin
from tests.harness.log_sink import LogSink, refuse_leaks
from tests.jwtauth.caller import PASSWORD, Caller

pytestmark = pytest.mark.requirement("LOG-03")

TOKENS = ("access token", "refresh token", "session id")
LOGGERS = ("jwtauth.refusals", "sessionauth", "django.request", "django.db.backends")


def raise_with(secret: str) -> None:
    try:
        {}[secret]
    except KeyError:
        logging.getLogger("jwtauth").exception("failed")


WAYS: dict[str, Callable[[str], None]] = {
    "message": lambda secret: logging.getLogger("jwtauth").info("token " + secret),  # noqa: G003
    "argument": lambda secret: logging.getLogger("jwtauth").info("got %s", secret),
    "extra": lambda secret: logging.getLogger("jwtauth").info(
        "x", extra={"headers": {"Authorization": f"Bearer {secret}"}}
    ),
    "debug": lambda secret: logging.getLogger("django.db.backends").debug(
        "%s", {"params": (secret,)}
    ),
    "middle": lambda secret: logging.getLogger("django").info("a_%s", secret[5:]),
    "exception": raise_with,
}


@pytest.fixture
def secrets_by_kind(db: None, transactional_db: None) -> dict[str, str]:
    """One of each, issued over HTTP."""
    alice = User.objects.create_user("alice", password=PASSWORD)
    tokens = Caller().login(alice)
    client = Client()
    client.post(
        "/session/auth/session/",
        {"username": "alice", "password": PASSWORD},
        content_type="application/json",
        secure=True,
    )
    return {
        "access token": tokens["access"],
        "refresh token": tokens["refresh"],
        "session id": client.cookies["__Host-sessionid"].value,
        "password": PASSWORD,
    }


class TestLogSink:
    @pytest.mark.parametrize(
        ("kind", "way"),
        [
            *((kind, way) for kind in TOKENS for way in WAYS),
            # It is looked for as a whole.
            *(("password", way) for way in WAYS if way != "middle"),
        ],
    )
    def test_secret_that_is_logged_is_found(
        self, log_sink: LogSink, secrets_by_kind: dict[str, str], kind: str, way: str
    ) -> None:
        """A sink that finds nothing would make every test look clean."""
        assert log_sink.leaks() == []

        WAYS[way](secrets_by_kind[kind])

        assert len(log_sink.leaks()) == 1
        log_sink.clear()

    @pytest.mark.parametrize("name", LOGGERS)
    def test_logger_that_is_off_is_watched_too(
        self, log_sink: LogSink, name: str
    ) -> None:
        """Somebody will turn it on in production, to see what is wrong there."""
        log_sink.typed(PASSWORD)

        logging.getLogger(name).debug(PASSWORD)

        assert log_sink.leaks()
        log_sink.clear()

    def test_secret_in_the_log_fails_the_test(
        self, log_sink: LogSink, request: pytest.FixtureRequest
    ) -> None:
        """Looking is not enough: the hook after each test must say so."""
        log_sink.typed(PASSWORD)
        logging.getLogger("jwtauth").info(PASSWORD)
        hook = plugin.pytest_runtest_teardown()
        next(hook)

        with pytest.raises(pytest.fail.Exception, match="A secret is in the log"):
            hook.send(None)

        assert log_sink.leaks() == []
        refuse_leaks(log_sink)

    def test_handlers_get_no_more_than_before(
        self, log_sink: LogSink, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Tests that count records must not count those for the sink alone."""
        with caplog.at_level(logging.WARNING, "jwtauth"):
            logging.getLogger("jwtauth").info("not loud enough")
            logging.getLogger("jwtauth").warning("loud enough")

        assert caplog.messages == ["loud enough"]
