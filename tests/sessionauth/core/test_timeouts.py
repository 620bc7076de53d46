"""When sessions end, and when the user's row is due."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionauth.core.record import SessionRecord
from sessionauth.core.timeouts import (
    TimeoutPolicy,
    Verdict,
    deadline_ms,
    judge,
    own_limits,
)

HOUR = 3_600_000
POLICY = TimeoutPolicy(idle_ms=HOUR // 2, absolute_ms=24 * HOUR, user_check_ms=60_000)
LOGIN = 1_700_000_000_000
RECORD = SessionRecord(
    created_at_ms=LOGIN - HOUR,
    authenticated_at_ms=LOGIN,
    user_checked_at_ms=LOGIN,
    data={"_auth_user_id": "7"},
)


class TestJudge:
    @pytest.mark.requirement("TMO-02")
    def test_session_at_its_absolute_end_is_expired(self) -> None:
        """However busy it is, a login is good for one day."""
        end = LOGIN + 24 * HOUR

        assert judge(RECORD, POLICY, end - 1) is not Verdict.EXPIRED
        assert judge(RECORD, POLICY, end) is Verdict.EXPIRED

    def test_anonymous_session_counts_from_its_creation(self) -> None:
        """Without a login there is no other anchor."""
        record = SessionRecord(created_at_ms=LOGIN)

        assert judge(record, POLICY, LOGIN + 24 * HOUR) is Verdict.EXPIRED
        assert judge(record, POLICY, LOGIN + HOUR) is Verdict.ALIVE

    def test_shorter_policy_ends_older_sessions(self) -> None:
        """A changed setting takes effect at once, not only for new logins."""
        shorter = replace(POLICY, absolute_ms=HOUR)

        assert judge(RECORD, shorter, LOGIN + HOUR) is Verdict.EXPIRED

    def test_user_check_is_due_past_the_interval(self) -> None:
        """The row is never older than USER_CHECK_INTERVAL."""
        assert judge(RECORD, POLICY, LOGIN + 59_999) is Verdict.ALIVE
        assert judge(RECORD, POLICY, LOGIN + 60_000) is Verdict.USER_CHECK_DUE

    def test_user_check_is_due_at_the_first_request(self) -> None:
        """A login begun with the old password must not outlive its change."""
        fresh = replace(RECORD, user_checked_at_ms=None)

        assert judge(fresh, POLICY, LOGIN) is Verdict.USER_CHECK_DUE

    def test_user_check_interval_of_zero_is_every_request(self) -> None:
        """Zero is how a project says that it wants no delay."""
        always = replace(POLICY, user_check_ms=0)

        assert judge(RECORD, always, LOGIN) is Verdict.USER_CHECK_DUE

    def test_check_in_the_future_counts_as_none(self) -> None:
        """After a failover the clock may go back; that must not postpone a check."""
        assert judge(RECORD, POLICY, LOGIN - 1) is Verdict.USER_CHECK_DUE

    @given(
        deadline=st.none() | st.integers(0, 2 * LOGIN), now=st.integers(0, 2 * LOGIN)
    )
    def test_own_deadline_never_lengthens(self, deadline: int | None, now: int) -> None:
        """set_expiry() only shortens, whatever it is given."""
        own = replace(RECORD, deadline_ms=deadline)

        if judge(RECORD, POLICY, now) is Verdict.EXPIRED:
            assert judge(own, POLICY, now) is Verdict.EXPIRED

    def test_deadline_is_the_nearer_one(self) -> None:
        """The cookie's age is counted from it."""
        assert deadline_ms(RECORD, POLICY) == LOGIN + 24 * HOUR
        assert deadline_ms(replace(RECORD, deadline_ms=LOGIN + 1), POLICY) == LOGIN + 1


class TestOwnLimits:
    @pytest.mark.parametrize(
        ("expiry", "limits"),
        [
            (None, (None, None)),
            (0, (None, None)),
            (90, (90_000, None)),
            (0.5, (500, None)),
            ("2023-11-14T22:13:20+00:00", (None, LOGIN)),
        ],
    )
    def test_expiry_is_read_as_django_means_it(
        self, expiry: object, limits: tuple[int | None, int | None]
    ) -> None:
        """Seconds are idle time, an instant is an end, 0 is the browser's end."""
        assert own_limits(expiry) == limits

    @pytest.mark.parametrize("expiry", ["soon", "", [], {}])
    def test_other_expiry_is_refused(self, expiry: object) -> None:
        """Better an error at the save than a session without an end."""
        with pytest.raises(ValueError, match=r".+"):
            own_limits(expiry)
