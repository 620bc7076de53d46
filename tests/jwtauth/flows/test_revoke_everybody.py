"""Every login ends, a user at a time, whatever Redis does meanwhile."""

import time
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from jwtauth.exceptions import DenylistDown
from jwtauth.flows import revoke_everybody as flow
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.signals import family_revoked
from jwtauth.stores import denylist
from tests.conftest import Heard
from tests.faults import unreachable
from tests.jwtauth.caller import Caller

USERS = 5


@pytest.fixture
def logins(
    alice: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> list[TokenFamily]:
    """A login each of five users and of alice, two users a batch."""
    monkeypatch.setattr(flow, "USERS_PER_BATCH", 2)
    caller.login(alice)
    users = [User.objects.create(username=f"user{n}") for n in range(USERS)]
    return [add_login(user.pk) for user in users]


def add_login(user_id: int | None) -> TokenFamily:
    """Add a login that is like alice's, but somebody else's."""
    row = TokenFamily.objects.first()
    row.pk = uuid.uuid4()
    row.user_id = user_id
    row.revoked_at = None  # The first row may be one that the test has ended.
    row.save(force_insert=True)
    return row


def locks_a_user(sql: str) -> bool:
    return "FOR NO KEY UPDATE" in sql and f'FROM "{User._meta.db_table}"' in sql


def revoke_everybody() -> int:
    return flow.revoke_everybody(reason=RevocationReason.REVOKED, now=time.time())


def left() -> int:
    return TokenFamily.objects.filter(revoked_at=None).count()


class TestRevokeEverybody:
    def test_logins_of_every_batch_end(self, logins: list[TokenFamily]) -> None:
        """A batch that was skipped would be logins that an incident survives."""
        assert revoke_everybody() == USERS + 1
        assert left() == 0

    @pytest.mark.usefixtures("logins")
    def test_logins_of_users_who_are_gone_end(self) -> None:
        """Their rows stay as tombstones, and their access tokens may still count."""
        # Behind Django's back: a deletion that it hears of ends the logins itself.
        User.objects.all()._raw_delete("default")

        assert revoke_everybody() == USERS + 1

    def test_logins_of_nobody_end(self, logins: list[TokenFamily]) -> None:
        """The column may be empty: a project may clear it when users go."""
        add_login(None)

        assert revoke_everybody() == USERS + 2

    def test_logins_that_ended_or_expired_are_not_counted(
        self, logins: list[TokenFamily]
    ) -> None:
        """The number is what an operator compares with what was expected."""
        TokenFamily.objects.filter(pk=logins[0].pk).update(revoked_at=Now())
        TokenFamily.objects.filter(pk=logins[1].pk).update(
            absolute_expires_at=Now() - timedelta(days=1)
        )

        assert revoke_everybody() == USERS - 1

    def test_each_login_is_told_of_once(
        self, logins: list[TokenFamily], heard: Heard
    ) -> None:
        """A mail to the user hangs on it: none for a login that had ended before."""
        before = logins.pop()
        TokenFamily.objects.filter(pk=before.pk).update(revoked_at=Now())
        logins.append(add_login(before.user_id))
        told = heard(family_revoked)

        revoke_everybody()
        revoke_everybody()

        sids = [facts["sid"] for facts in told]
        assert len(sids) == USERS + 1
        assert {row.sid for row in logins} < set(sids)

    @pytest.mark.postgres
    @pytest.mark.requirement("RVK-09", "OPS-07")
    @pytest.mark.usefixtures("logins")
    def test_each_user_is_locked_apart(self) -> None:
        """Locked, so that no login slips through; apart, so that nobody waits long."""
        with CaptureQueriesContext(connection) as queries:
            revoke_everybody()

        sent = [query["sql"] for query in queries]
        locks = [n for n, sql in enumerate(sent) if locks_a_user(sql)]
        commits = [n for n, sql in enumerate(sent) if sql == "COMMIT"]
        assert len(locks) == len(commits) == USERS + 1
        assert sorted(locks + commits)[::2] == locks

    @pytest.mark.usefixtures("logins")
    def test_transaction_of_the_caller_is_refused(self) -> None:
        """Its rollback would revive what Redis and receivers were told of."""
        with transaction.atomic(), pytest.raises(RuntimeError):
            revoke_everybody()


class TestOutage:
    @pytest.mark.requirement("RVK-05")
    @pytest.mark.usefixtures("logins")
    def test_redis_down_ends_every_login_and_is_asked_once(
        self, round_trips: list[str]
    ) -> None:
        """A hung server must not keep the logins that are left alive."""
        round_trips.clear()

        down = pytest.raises(DenylistDown, match=f"^{USERS + 1} login")
        with unreachable(), down:
            revoke_everybody()

        assert left() == 0
        assert round_trips == ["PIPELINE"]

    def test_redis_is_told_once_per_batch(
        self, logins: list[TokenFamily], round_trips: list[str]
    ) -> None:
        """A million logins are no million round trips."""
        round_trips.clear()

        revoke_everybody()

        assert round_trips == ["PIPELINE"] * 3
        assert all(denylist.is_denied(row.sid, now=time.time()) for row in logins)
