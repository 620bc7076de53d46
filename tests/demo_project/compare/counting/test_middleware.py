"""The comparison's counts: a wrong count would be printed as a measurement."""

import os
from collections.abc import Callable

import pytest
import redis
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from demo_project.compare.counting.middleware import CountingMiddleware


def _counted(view: Callable[[], object], **headers: str) -> HttpResponse:
    def get_response(_request: HttpRequest) -> HttpResponse:
        view()
        return HttpResponse()

    request = RequestFactory().get("/", headers=headers)
    return CountingMiddleware(get_response)(request)


class TestRedisRoundTrips:
    @pytest.fixture
    def client(self) -> redis.Redis:
        client = redis.Redis.from_url(os.environ["TEST_REDIS_URL"])
        client.ping()  # What opens a connection would count too.
        return client

    def test_each_command_is_a_round_trip(self, client: redis.Redis) -> None:
        """Two commands one after the other wait twice."""

        def view() -> None:
            client.set("a", 1)
            client.get("a")

        assert _counted(view, x_count="1")["X-Count-Redis"] == "2"

    def test_pipeline_is_one_round_trip(self, client: redis.Redis) -> None:
        """Waiting is what costs, not the number of commands."""

        def view() -> None:
            with client.pipeline(transaction=True) as pipeline:
                pipeline.set("a", 1).get("a").delete("a").execute()

        assert _counted(view, x_count="1")["X-Count-Redis"] == "1"

    def test_nothing_asked_is_none(self) -> None:
        """A request without Redis must not inherit the last one's count."""
        assert _counted(lambda: None, x_count="1")["X-Count-Redis"] == "0"


@pytest.mark.django_db
class TestSqlStatements:
    def test_each_statement_counts(self) -> None:
        """Queries are what the budgets are written in."""

        def view() -> None:
            User.objects.count()
            User.objects.filter(pk=1).exists()

        assert _counted(view, x_count="1")["X-Count-SQL"] == "2"

    def test_transaction_control_does_not_count(self) -> None:
        """SQLite and PostgreSQL must give the same number."""

        def view() -> None:
            with transaction.atomic():
                User.objects.count()

        assert _counted(view, x_count="1")["X-Count-SQL"] == "1"


class TestRequests:
    def test_number_tells_how_many_came_in_between(self) -> None:
        """A request that asks for nothing is one that somebody sent all the same."""
        first = _counted(lambda: None, x_count="1")
        for _ in range(3):
            _counted(lambda: None)
        second = _counted(lambda: None, x_count="1")

        assert int(second["X-Count-Number"]) - int(first["X-Count-Number"]) == 4


class TestOptIn:
    def test_request_that_does_not_ask_gets_no_counts(self) -> None:
        """The requests whose time is taken must not pay for counting."""
        response = _counted(lambda: None)

        assert "X-Count-SQL" not in response
        assert "X-Count-Redis" not in response
