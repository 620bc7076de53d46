"""A login may take several requests: its cost is that of all of them."""

from collections.abc import Mapping

import pytest

from demo_project.compare.counting.caller import Cost, CountingCaller, cost_of
from demo_project.http_caller import Answer


class _Answering:
    """A caller that is answered in memory, with the counts of a counting server."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.asked: list[Mapping[str, str]] = []

    def add_cookies(self, cookies: Mapping[str, str]) -> None:
        self.cookies.update(cookies)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        del method, path, body, form
        self.asked.append(headers or {})
        counts = {"x-count-sql": "3", "x-count-redis": "1", "x-count-hash": "250000"}
        return Answer(status=200, headers=counts)


class TestCountingCaller:
    def test_costs_of_all_requests_add_up(self) -> None:
        """With tokens in cookies, a login begins with a request for the CSRF token."""
        caller = CountingCaller(_Answering())

        caller.send("GET", "/auth/csrf/")
        caller.send("POST", "/auth/token/")

        assert caller.cost == Cost(sql=6, redis=2, hash_seconds=0.5)

    def test_own_headers_are_sent_beside_the_question(self) -> None:
        """A CSRF header that got lost would make the login a refusal."""
        inner = _Answering()

        CountingCaller(inner).send("POST", "/", headers={"X-CSRFToken": "abc"})

        assert inner.asked == [{"X-CSRFToken": "abc", "X-Count": "1"}]

    def test_cookies_are_those_of_the_connection(self) -> None:
        """The device reads its CSRF token from them."""
        caller = CountingCaller(_Answering())

        caller.add_cookies({"csrftoken": "abc"})

        assert caller.cookies == {"csrftoken": "abc"}


class TestCostOf:
    def test_answer_without_counts_is_an_error(self) -> None:
        """No count must not be taken for the count of nothing."""
        with pytest.raises(KeyError):
            cost_of(Answer(status=200))
