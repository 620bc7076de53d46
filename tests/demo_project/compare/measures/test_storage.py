"""What the storage rows say of what was found."""

from dataclasses import replace

from demo_project.compare.measures.storage import (
    NO_GROWTH,
    bytes_cell,
    database_cell,
    growth_cell,
    redis_cell,
)
from demo_project.compare.stores.stored_login import Added, StoredLogin

NOTHING = Added(redis_keys=0, redis_bytes=0, rows={}, row_bytes=0)
SESSION = StoredLogin(
    login=replace(NOTHING, redis_keys=2, redis_bytes=500),
    uses=NOTHING,
    logout=NOTHING,
    memory_bytes=700,
    disk_bytes=0.0,
    disk_growth_bytes=0,
)
FAMILY = replace(
    SESSION,
    login=replace(NOTHING, rows={"jwtauth_tokenfamily": 1}, row_bytes=300),
    logout=replace(NOTHING, redis_keys=0, redis_bytes=34, row_bytes=14),
    memory_bytes=0,
    disk_bytes=450.2,
)


class TestRedisCell:
    def test_keys_and_bytes_of_a_session(self) -> None:
        """Both are what a server has to be sized for."""
        found = redis_cell(SESSION)

        assert found.text == "2 keys, 500 bytes"
        assert found.value == 500

    def test_entry_of_an_ended_login_is_told(self) -> None:
        """A denylist is empty until somebody logs out."""
        assert redis_cell(FAMILY).text == "nothing until it ends, then 34 bytes"

    def test_no_entry_of_an_ended_login_is_nothing(self) -> None:
        """Without a denylist, Redis never hears of the login."""
        assert redis_cell(replace(FAMILY, logout=NOTHING)).text == "nothing"


class TestDatabaseCell:
    def test_rows_are_named_by_table(self) -> None:
        """One more row in any table is a change of the design."""
        found = database_cell(FAMILY)

        assert found.text == "1 row in jwtauth_tokenfamily"
        assert found.details["bytes"] == 300

    def test_session_has_no_rows(self) -> None:
        """An empty cell would look as if it had not been measured."""
        assert database_cell(SESSION).text == "no rows"


class TestBytesCell:
    def test_each_place_is_named(self) -> None:
        """A byte of memory costs more than one on disk."""
        assert bytes_cell(SESSION).text == "700 bytes of memory"
        assert bytes_cell(FAMILY).text == "450 bytes on disk"

    def test_sum_is_what_is_compared(self) -> None:
        """A chart has one bar for a mode."""
        assert bytes_cell(replace(FAMILY, memory_bytes=100)).value == 550.2


class TestGrowthCell:
    def test_no_growth_is_said_in_words(self) -> None:
        """The text is the same after 100 refreshes and after 1,000."""
        found = growth_cell(FAMILY)

        assert found.text == NO_GROWTH
        assert found.value == 0

    def test_each_kind_of_growth_is_shown(self) -> None:
        """Rows that replace each other would leave the bytes as they were."""
        rows = replace(FAMILY, uses=replace(NOTHING, rows={"a": 1, "b": 99}))
        some = replace(FAMILY, uses=replace(NOTHING, redis_bytes=3, row_bytes=4))

        assert growth_cell(rows).text == "0 keys, 100 rows, +0 bytes"
        assert growth_cell(some).text == "0 keys, 0 rows, +7 bytes"

    def test_pages_of_the_database_are_no_growth(self) -> None:
        """Which pages it frees is its own business, and differs between versions."""
        assert growth_cell(replace(FAMILY, disk_growth_bytes=8192)).text == NO_GROWTH


def test_what_the_program_prints_is_read_back() -> None:
    """It comes from another process, as text."""
    assert StoredLogin.from_json(FAMILY.to_json()) == FAMILY
