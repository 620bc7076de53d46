"""``manage.py jwtauth_purge``."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from jwtauth.models import TokenFamily
from tests.faults import unreachable
from tests.jwtauth.many_families import write_families

HOUR = timedelta(hours=1)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("jwtauth_purge", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def families(transactional_db: None) -> None:
    """Three logins that are over, and two that were ended early."""
    write_families(3, over_for=HOUR, first=1)
    write_families(2, over_for=-HOUR, first=2, revoked=True)


@pytest.mark.usefixtures("families")
class TestPurgeCommand:
    @pytest.mark.requirement("OPS-12")
    def test_purge_says_how_many_and_again_finds_nothing(self) -> None:
        """Run by cron, it must be safe to run too often."""
        assert run() == "3 login(s) deleted.\n2 missing denylist entry(s) written.\n"
        assert run() == "0 login(s) deleted.\n0 missing denylist entry(s) written.\n"

    def test_purge_in_small_batches_deletes_all(self) -> None:
        """A batch bounds a transaction, not the work."""
        assert run("--batch", "1").startswith("3 login(s) deleted.\n2 missing")

    @pytest.mark.requirement("OPS-02")
    def test_purge_redis_down_has_purged_and_fails_with_one_line(self) -> None:
        """The database needn't wait for Redis; whoever watches cron must hear of it."""
        with (
            unreachable(),
            pytest.raises(CommandError, match=r"Redis is down.*Run it again") as caught,
        ):
            run()

        assert "\n" not in str(caught.value)
        assert TokenFamily.objects.count() == 2

    @pytest.mark.requirement("RVK-16")
    def test_purge_refresh_only_needs_no_redis(
        self, jwtauth_settings: Callable[..., None]
    ) -> None:
        """Who has no Redis purges all the same."""
        jwtauth_settings(REVOCATION="refresh_only")

        with unreachable():
            assert run().startswith("3 login(s) deleted.\n")

    @pytest.mark.parametrize("batch", ["0", "-1", "many", "10001", "1.5", ""])
    def test_purge_batch_that_makes_no_sense_is_refused(self, batch: str) -> None:
        """Nothing, or all in one transaction, is never meant."""
        with pytest.raises(CommandError, match="a number from 1 to 10000"):
            run(f"--batch={batch}")

        assert TokenFamily.objects.count() == 5
