"""What says where a login came from is kept no longer than the login could count."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from jwtauth.models import TokenFamily
from tests.jwtauth.conftest import age

PAGE = Path(__file__).parents[2] / "docs/explanation/stored-about-people.md"
PASSWORD = "correct horse"
ADDRESS = "203.0.113.77"
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
JSON = "application/json"


def logged_in(path: str) -> Client:
    User.objects.create_user("alice", password=PASSWORD)
    client = Client(headers={"user-agent": USER_AGENT}, REMOTE_ADDR=ADDRESS)
    body = {"username": "alice", "password": PASSWORD}
    answer = client.post(path, body, content_type=JSON, secure=True)
    assert answer.status_code == 200
    return client


def telling(redis_client: redis.Redis) -> list[bytes]:
    """The keys whose value says where a login came from."""
    marks = (ADDRESS.encode(), b"Firefox")
    dumps = {key: redis_client.dump(key) or b"" for key in redis_client.scan_iter()}
    plain = {
        key: b" ".join(redis_client.hgetall(key).values())
        for key in dumps
        if redis_client.type(key) == b"hash"
    }
    return [
        key
        for key, dump in dumps.items()
        if any(mark in dump + plain.get(key, b"") for mark in marks)
    ]


@pytest.mark.requirement("LST-08")
@pytest.mark.usefixtures("transactional_db")
class TestRetention:
    @pytest.mark.parametrize("is_revoked", [True, False])
    def test_jwtauth_forgets_a_login_when_no_token_can_be_of_it(
        self, redis_client: redis.Redis, *, is_revoked: bool
    ) -> None:
        """Ended or not, the purge takes the row with all that it says."""
        logged_in("/jwt/auth/token/")
        row = TokenFamily.objects.get()
        assert (row.device, row.address) == (USER_AGENT, ADDRESS)
        if is_revoked:
            TokenFamily.objects.update(revoked_at=row.created_at)
        age(timedelta(days=30) - timedelta(minutes=1))
        call_command("jwtauth_purge", verbosity=0)
        assert TokenFamily.objects.count() == 1

        age(timedelta(minutes=12))
        call_command("jwtauth_purge", verbosity=0)

        assert not TokenFamily.objects.exists()
        assert telling(redis_client) == []

    def test_jwtauth_can_empty_what_a_login_that_ended_says(self) -> None:
        """The page's way for whom thirty days are too long."""
        logged_in("/jwt/auth/token/")
        TokenFamily.objects.update(revoked_at=TokenFamily.objects.get().created_at)
        (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)

        exec(code)  # noqa: S102 # our own page

        assert (
            TokenFamily.objects.get().device,
            TokenFamily.objects.get().address,
        ) == (
            "",
            None,
        )

    def test_sessionauth_forgets_a_session_at_its_end(
        self, redis_client: redis.Redis
    ) -> None:
        """A logout leaves nothing, and whoever doesn't log out is forgotten, too."""
        client = logged_in("/session/auth/session/")

        (record,) = telling(redis_client)
        assert 0 < redis_client.pttl(record) <= 30 * 60 * 1000
        client.post("/session/auth/logout/", secure=True)

        assert telling(redis_client) == []
