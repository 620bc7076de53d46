"""What empties stores must not be let loose on anybody's own."""

import pytest

from demo_project.compare.stores.throw_away_only import refuse_other_servers

OURS = {"REDIS_URL": "unix:///tmp/valkey-1/s?db=0", "DEMO_COUNTING": "1"}


def test_server_of_the_comparison_is_accepted() -> None:
    """It is made to be emptied."""
    refuse_other_servers(OURS)


@pytest.mark.parametrize(
    "other",
    [
        {"REDIS_URL": "redis://127.0.0.1:6379/0"},
        {"REDIS_URL": ""},
        {"DEMO_COUNTING": "0"},
    ],
)
def test_any_other_server_is_refused(other: dict[str, str]) -> None:
    """A shell that has REDIS_URL for something else loses nothing."""
    with pytest.raises(SystemExit, match="only `make compare` may start it"):
        refuse_other_servers(OURS | other)
