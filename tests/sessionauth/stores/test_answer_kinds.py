"""An answer that can't be one to what was asked says nothing about a session."""

import pytest
import redis
from redis.client import Pipeline

from sessionauth.conf import get_settings
from sessionauth.exceptions import StoreDown
from sessionauth.stores import index, sessions

pytestmark = pytest.mark.requirement("OPS-02")

NO_ANSWERS = [b"OK", 1, None, [b"OK"], [1, 1], [b"OK", b"OK"], [[], 1]]


@pytest.fixture
def answering(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> object:
    """A server that says the same, whatever it is asked."""
    answer = request.param
    monkeypatch.setattr(redis.Redis, "execute_command", lambda *_, **__: answer)
    monkeypatch.setattr(Pipeline, "execute", lambda *_, **__: [answer, answer])
    return answer


@pytest.mark.parametrize("answering", NO_ANSWERS, indirect=True, ids=repr)
@pytest.mark.usefixtures("answering")
class TestAnswer:
    def test_answer_that_is_no_record_is_an_outage(self) -> None:
        """Neither an error of the server's own nor "unknown", which logs out."""
        with pytest.raises(StoreDown):
            sessions.load("d", get_settings().timeouts)

    def test_answer_that_is_no_index_is_an_outage(self) -> None:
        """Nobody is told that all sessions were ended."""
        with pytest.raises(StoreDown):
            index.listed_until("1", None)

    def test_answer_among_many_is_an_outage(self) -> None:
        """A user's sessions are not shown as fewer than they may be."""
        with pytest.raises(StoreDown):
            sessions.peek(["d"])


@pytest.mark.parametrize("answering", [b"OK", 1, None], indirect=True, ids=repr)
@pytest.mark.usefixtures("answering")
def test_answer_that_is_no_list_is_an_outage() -> None:
    """Two characters are no two fields, of which the first says "alive"."""
    with pytest.raises(StoreDown):
        sessions.is_alive("d")
