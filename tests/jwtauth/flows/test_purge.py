"""Dead logins are deleted in small pieces, and the denylist gets back what it lost."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import redis
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from jwtauth.flows.purge import purge, reconcile
from jwtauth.models import TokenFamily
from jwtauth.stores import denylist, denylist_rebuild, denylist_shards, revocations
from tests.crowd import crowd_of
from tests.jwtauth.caller import Caller
from tests.jwtauth.denylist_entries import entries
from tests.jwtauth.many_families import write_families

HOUR = timedelta(hours=1)


@pytest.fixture
def ended(alice: User, caller: Caller) -> str:
    """The access token of a login whose end Redis was never told of: a crash."""
    access_token = caller.login(alice)["access"]
    revocations.revoke(TokenFamily.objects.get().pk.bytes, reason="logout")
    assert caller.me(access_token).status_code == 401  # The shard is rebuilt here.
    return access_token


@contextmanager
def held_by_another(row: TokenFamily) -> Iterator[None]:
    """Lock a row in another transaction while the block runs."""
    locked, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            TokenFamily.objects.select_for_update().get(pk=row.pk)
            locked.set()
            go_on.wait(30)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert locked.wait(30)
    try:
        yield
    finally:
        go_on.set()
        thread.join()


def lose_entries(redis_client: redis.Redis) -> None:
    """Do what a crash, or a restart with older data, does: the markers stay."""
    lost = entries(redis_client)
    for shard in redis_client.keys("*:denylist:*"):
        redis_client.zrem(shard, *lost)


class TestPurge:
    @pytest.mark.requirement("OPS-12")
    @pytest.mark.usefixtures("transactional_db")
    def test_purge_deletes_what_is_long_over_and_nothing_else(self) -> None:
        """A row is needed while an access token of it may have to be denied."""
        write_families(3, over_for=HOUR, first=1)
        write_families(3, over_for=HOUR, first=2, revoked=True)
        kept = write_families(2, over_for=timedelta(minutes=9), first=3)
        kept += write_families(2, over_for=-HOUR, first=4, revoked=True)

        assert purge(batch=1000) == 6

        assert set(TokenFamily.objects.all()) == set(kept)
        assert purge(batch=1000) == 0

    @pytest.mark.requirement("RTK-22")
    @pytest.mark.slow
    @pytest.mark.postgres
    @pytest.mark.usefixtures("transactional_db")
    def test_purge_of_20000_rows_is_one_short_transaction_per_batch(self) -> None:
        """One long transaction would hold its locks, and keep the vacuum waiting."""
        write_families(20_000, over_for=HOUR)
        write_families(10, over_for=-HOUR, first=1)

        with CaptureQueriesContext(connection) as queries:
            assert purge(batch=1000) == 20_000

        verbs = Counter(query["sql"].split()[0] for query in queries)
        # The last transaction finds that nothing is left.
        assert verbs["BEGIN"] == verbs["COMMIT"] == verbs["SELECT"] == 21
        assert verbs["DELETE"] == 20
        assert TokenFamily.objects.count() == 10

    @pytest.mark.usefixtures("transactional_db")
    def test_purge_in_a_transaction_of_the_caller_is_refused(self) -> None:
        """All the batches would be one then."""
        with transaction.atomic(), pytest.raises(RuntimeError):
            purge(batch=1000)

    @pytest.mark.requirement("OPS-12")
    @pytest.mark.serial
    @pytest.mark.postgres
    @pytest.mark.usefixtures("transactional_db")
    def test_purge_by_four_at_once_deletes_each_row_once(self) -> None:
        """Two hosts have the same cron table."""
        write_families(2_000, over_for=HOUR)

        with crowd_of(4) as crowd:
            deleted = crowd.all_at_once(partial(purge, batch=50))

        assert sum(deleted) == 2_000
        assert not TokenFamily.objects.exists()

    @pytest.mark.requirement("OPS-07")
    @pytest.mark.serial
    @pytest.mark.postgres
    @pytest.mark.usefixtures("transactional_db")
    def test_purge_leaves_a_row_that_another_holds_and_does_not_wait(self) -> None:
        """A row that is locked for long must not stop the others."""
        held, *_ = write_families(3, over_for=HOUR)

        with held_by_another(held):
            assert purge(batch=1000) == 2

        assert purge(batch=1000) == 1


class TestReconcile:
    @pytest.mark.requirement("RVK-03")
    def test_reconcile_entry_lost_is_written_again(
        self, ended: str, caller: Caller, redis_client: redis.Redis
    ) -> None:
        """The marker says that the shard is complete, and it no longer is."""
        lose_entries(redis_client)
        assert caller.me(ended).status_code == 200

        assert reconcile(batch=1000, now=time.time()) == 1

        assert caller.me(ended).status_code == 401
        assert reconcile(batch=1000, now=time.time()) == 0

    @pytest.mark.requirement("RVK-07")
    def test_reconcile_gives_entries_the_lifetime_that_is_set_now(
        self,
        ended: str,
        redis_client: redis.Redis,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """Who changes DENYLIST_COVERS needn't empty Redis."""
        jwtauth_settings(DENYLIST_COVERS="access")

        assert reconcile(batch=1000, now=time.time()) == 0

        (until,) = entries(redis_client).values()
        assert until / 1000 - time.time() < 20 * 60

    @pytest.mark.requirement("RVK-07")
    @pytest.mark.usefixtures("transactional_db")
    def test_reconcile_writes_only_what_must_block(
        self, redis_client: redis.Redis
    ) -> None:
        """A live login must not be denied, and an expired one needn't be."""
        write_families(2, over_for=-HOUR, first=1)
        write_families(2, over_for=HOUR, first=2, revoked=True)
        write_families(2, over_for=timedelta(minutes=5), first=3, revoked=True)
        (doomed,) = write_families(1, over_for=-HOUR, first=4, revoked=True)

        assert reconcile(batch=1000, now=time.time()) == 1

        assert list(entries(redis_client)) == [f"sid:{doomed.sid}"]

    @pytest.mark.usefixtures("transactional_db")
    def test_reconcile_reads_and_writes_page_by_page(
        self, redis_client: redis.Redis, round_trips: list[str]
    ) -> None:
        """A million ended logins must not be in memory at once."""
        for first in (0, 0x7F, 0xFF):
            write_families(3, over_for=-HOUR, first=first, revoked=True)

        for shard in denylist_shards.SHARDS:
            denylist_rebuild.rebuild(shard, now=datetime.now(UTC))
        lose_entries(redis_client)
        round_trips.clear()

        with CaptureQueriesContext(connection) as queries:
            assert reconcile(batch=4, now=time.time()) == 9

        assert len(queries) == 4
        assert all(re.search(r"LIMIT 4$", query["sql"]) for query in queries)
        # One for each page, one for all markers, one to prune.
        assert round_trips == ["PIPELINE"] * 5

    @pytest.mark.requirement("RVK-15")
    def test_reconcile_rebuilds_the_shards_that_were_lost(
        self, ended: str, redis_client: redis.Redis, caller: Caller
    ) -> None:
        """A service without a database answers 503 until somebody does it."""
        redis_client.flushdb()

        assert reconcile(batch=1000, now=time.time()) == 1

        assert denylist.incomplete_shards() == []
        assert caller.me(ended).status_code == 401

    @pytest.mark.requirement("RVK-16")
    def test_reconcile_with_refresh_only_asks_no_redis(
        self,
        ended: str,
        round_trips: list[str],
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """There may be no Redis at all then."""
        jwtauth_settings(REVOCATION="refresh_only")
        round_trips.clear()

        assert reconcile(batch=1000, now=time.time()) == 0
        assert round_trips == []
