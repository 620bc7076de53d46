"""A login's time with and without the hash: both from the same requests."""

import pytest

from demo_project.compare.counting.caller import Cost
from demo_project.compare.measures.logins import Login, cell

FIRST = Login(seconds=0.9, cost=Cost(sql=20, redis=9, hash_seconds=0.4))
LATER = Login(seconds=0.5, cost=Cost(sql=11, redis=4, hash_seconds=0.3))
LAST = Login(seconds=0.6, cost=Cost(sql=11, redis=4, hash_seconds=0.5))


class TestCell:
    def test_hash_is_taken_off_the_login_that_it_belongs_to(self) -> None:
        """Hashes vary more than all else: the median of each would be of two logins."""
        found = cell([FIRST, LATER, LAST], lambda login: login.seconds_without_hash)

        # 500, 200 and 100 ms; the medians' difference would be 600 - 400.
        assert found.value == pytest.approx(200)

    def test_whole_login_is_what_the_client_waited(self) -> None:
        """The hash is part of what people wait for."""
        found = cell([FIRST, LATER, LAST], lambda login: login.seconds)

        assert found.value == pytest.approx(600)

    def test_counts_are_not_those_of_the_first_login(self) -> None:
        """It may meet a server that has done nothing yet."""
        found = cell([FIRST, LATER], lambda login: login.seconds)

        assert found.details == {"sql": 11, "redis": 4}
