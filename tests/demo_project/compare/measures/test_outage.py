"""What the comparison makes of an outage: words, and what a mode needs."""

import pytest

from demo_project.compare.measures.outage import (
    _back_cell,
    _down_cell,
    _services_cell,
)
from demo_project.compare.outages.interruption import REQUEST, WITH_ROW, Back, Down


def _down(status: int, **others: int) -> Down:
    return Down(statuses={REQUEST: status, **others}, keeps_cookies=None)


class TestServicesNeeded:
    @pytest.mark.parametrize(
        ("redis", "database", "needed"),
        [
            (_down(200), _down(200), "nothing besides the server itself"),
            (_down(503), _down(200), "Redis"),
            (_down(200), _down(500), "the database"),
            (_down(503), _down(500), "Redis and the database"),
            (
                _down(503),
                _down(200, **{WITH_ROW: 500}),
                "Redis and once a minute the database",
            ),
            (_down(503), _down(200, **{WITH_ROW: 200}), "Redis"),
        ],
    )
    def test_what_a_request_failed_without_is_needed(
        self, redis: Down, database: Down, needed: str
    ) -> None:
        """It is told from what was answered in this run, never from how it is built."""
        assert _services_cell(redis, database).text == needed


class TestDownCell:
    def test_cookies_that_were_deleted_are_told_of(self) -> None:
        """An outage that logs people out is the worst of it."""
        lost = Down(statuses={REQUEST: 503}, keeps_cookies=False)
        kept = Down(statuses={REQUEST: 503}, keeps_cookies=True)

        assert _down_cell(lost).text == "a request 503; cookies are lost"
        assert _down_cell(kept).text == "a request 503; the cookies stay"

    def test_time_is_in_the_details_and_not_in_the_words(self) -> None:
        """Words are compared from run to run, and must be the same in each."""
        cell = _down_cell(_down(503), (503, 1.03421))

        assert cell.text == "a request 503; while it hangs, a request 503"
        assert cell.details["hung_seconds"] == 1.034

    def test_recovery_has_its_time_in_the_details(self) -> None:
        """The same, for the way back."""
        cell = _back_cell(Back(answers={"a login": "a request 200"}, seconds=0.00123))

        assert cell.text == "a login: a request 200"
        assert cell.details["milliseconds_to_first_200"] == 1.2
