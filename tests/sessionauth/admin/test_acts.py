"""Ending sessions by button and by action: what ends, who may, what goes on record."""

from collections.abc import Callable

import pytest
from django.contrib import admin as django_admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection
from django.db.models.signals import post_save
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from sessionauth.admin import acts
from sessionauth.core.session_id import digest
from sessionauth.exceptions import StoreDown
from sessionauth.signals import session_revoked
from tests.conftest import Heard
from tests.sessionauth.admin.conftest import (
    LIST,
    Operator,
    Staff,
    is_alive,
    one,
    opened,
)
from tests.sessionauth.conftest import session_key, use_server

LogIn = Callable[..., Client]
BUTTONS = ["end", "end_all", "deactivate_user"]
ACTIONS = ["end_selected", "end_all_of_users", "deactivate_users"]


def told(response: HttpResponse) -> list[tuple[str, str]]:
    found = get_messages(response.wsgi_request)
    return [(message.level_tag, message.message) for message in found]


def records() -> list[tuple[str, str, str]]:
    """Who did what to whom, oldest first."""
    entries = LogEntry.objects.order_by("pk")
    return list(entries.values_list("user__username", "object_repr", "change_message"))


@pytest.fixture
def locker(staff: Staff) -> Operator:
    """Staff who may end sessions and change users."""
    return staff("view_activesession", "revoke_activesession", "change_user")


class TestOne:
    def test_end_button_ends_it_and_no_other(
        self, revoker: Operator, alice: User
    ) -> None:
        """The suspect one goes, the user's own phone stays."""
        suspect, own = opened(alice), opened(alice)

        response = revoker.press(suspect, "end")

        assert response.url == LIST
        assert told(response) == [("success", "1 session has ended.")]
        assert [is_alive(suspect), is_alive(own)] == [False, True]
        assert records() == [("operator", suspect, "Ended the session.")]

    def test_end_button_again_says_so_and_records_nothing_new(
        self, revoker: Operator, handle: str
    ) -> None:
        """A double click is no second act."""
        revoker.press(handle, "end")

        response = revoker.press(handle, "end")

        assert ("success", "Nothing was left to end.") in told(response)
        assert len(records()) == 1

    def test_history_tells_who_ended_it(self, revoker: Operator, handle: str) -> None:
        """Afterwards, when the session itself is gone."""
        revoker.press(handle, "end")

        html = revoker.look(one(handle, "history"))

        assert "operator" in html
        assert "Ended the session." in html

    def test_end_is_told_to_the_log_with_its_reason(
        self, revoker: Operator, handle: str, heard: Heard
    ) -> None:
        """Who was logged out must be able to learn why."""
        facts = heard(session_revoked)

        revoker.press(handle, "end")

        assert [fact["reason"] for fact in facts] == ["admin"]

    def test_operators_own_session_may_be_ended(
        self, revoker: Operator, handle: str
    ) -> None:
        """It is one like the others; the next page asks for the password."""
        own = digest(session_key(revoker))

        response = revoker.press(own, "end")

        assert response.status_code == 302
        assert not is_alive(own)
        assert revoker.get(LIST, secure=True).url.startswith("/admin/login/")


class TestSelected:
    def test_ticked_sessions_end_and_no_others(
        self, revoker: Operator, alice: User, bob: User
    ) -> None:
        """Each goes on record by itself."""
        first, second, other = opened(alice), opened(bob), opened(bob)

        response = revoker.choose("end_selected", first, second)

        assert told(response) == [("success", "2 sessions have ended.")]
        assert [is_alive(h) for h in (first, second, other)] == [False, False, True]
        assert {record[1] for record in records()} == {first, second}

    def test_select_across_ends_no_more_than_what_is_ticked(
        self, revoker: Operator, alice: User
    ) -> None:
        """The list offers no "select all", so a forged one means nothing."""
        first, other = opened(alice), opened(alice)
        form = {"action": "end_selected", "_selected_action": first, "post": "yes"}

        revoker.post(LIST, form | {"index": "0", "select_across": "1"}, secure=True)

        assert [is_alive(first), is_alive(other)] == [False, True]

    @pytest.mark.parametrize("forged", ["", "x", "\0", "A" * 43, "é🍕"])
    def test_forged_handle_is_no_error(self, revoker: Operator, forged: str) -> None:
        """It names nothing."""
        response = revoker.choose("end_selected", forged)

        assert response.status_code == 302
        assert records() == []


class TestAllOfUser:
    @pytest.mark.parametrize("by", ["button", "action"])
    def test_every_session_of_the_user_ends(
        self, revoker: Operator, alice: User, bob: User, by: str
    ) -> None:
        """Also those that stand on no page; and nobody else's."""
        hers, his = [opened(alice) for _ in range(3)], opened(bob)

        if by == "button":
            response = revoker.press(hers[0], "end_all")
        else:
            response = revoker.choose("end_all_of_users", hers[0], hers[1])

        assert told(response) == [("success", "3 sessions have ended.")]
        assert [is_alive(handle) for handle in (*hers, his)] == [False] * 3 + [True]
        assert records() == [("operator", "alice", "Ended all sessions.")]

    def test_user_gone_ends_too(
        self, revoker: Operator, handle: str, alice: User
    ) -> None:
        """A row deleted by hand must not make the sessions untouchable."""
        User.objects.filter(pk=alice.pk).delete()

        revoker.press(handle, "end_all")

        assert not is_alive(handle)
        assert records() == [("operator", handle, "Ended all sessions.")]


class TestDeactivate:
    @pytest.mark.parametrize("by", ["button", "action"])
    def test_user_is_locked_out(
        self, locker: Operator, handle: str, alice: User, by: str
    ) -> None:
        """No session goes on, and none begins."""
        if by == "button":
            response = locker.press(handle, "deactivate_user")
        else:
            response = locker.choose("deactivate_users", handle)

        alice.refresh_from_db()
        assert not alice.is_active
        assert not is_alive(handle)
        assert [level for level, _ in told(response)] == ["success"]
        assert records() == [
            ("operator", "alice", "Deactivated the user."),
            ("operator", "alice", "Ended all sessions."),
        ]

    def test_user_is_saved_with_signals(self, locker: Operator, handle: str) -> None:
        """Other apps listen, to end what they have given the user."""
        saved: list[object] = []

        def listen(instance: object, **_: object) -> None:
            saved.append(instance)

        post_save.connect(listen, sender=User)
        locker.press(handle, "deactivate_user")
        post_save.disconnect(listen, sender=User)

        assert len(saved) == 1

    def test_outage_in_between_leaves_the_user_deactivated_and_says_so(
        self,
        locker: Operator,
        handle: str,
        alice: User,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The operator has to come back, and the user can't log in until then."""
        monkeypatch.setattr(acts, "revoke_all_of", down)

        response = locker.press(handle, "deactivate_user")

        alice.refresh_from_db()
        assert not alice.is_active
        assert [level for level, _ in told(response)] == ["error"]
        assert records() == [("operator", "alice", "Deactivated the user.")]

    @pytest.mark.django_db(transaction=True)
    def test_deactivation_stays_if_the_answer_fails_later(
        self,
        settings: Settings,
        transactional_db: None,
        locker: Operator,
        handle: str,
        alice: User,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """With ATOMIC_REQUESTS it would be rolled back, behind ended sessions."""
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)  # noqa: FBT003
        monkeypatch.setattr("sessionauth.admin.active_sessions.tell", lambda *_: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            locker.press(handle, "deactivate_user")

        alice.refresh_from_db()
        assert not alice.is_active


class TestOutage:
    @pytest.mark.parametrize("action", ["end_selected", "end_all_of_users"])
    def test_outage_is_said_and_what_ended_is_on_record(
        self,
        revoker: Operator,
        alice: User,
        bob: User,
        monkeypatch: pytest.MonkeyPatch,
        action: str,
    ) -> None:
        """Whoever ends sessions must know that some may be left."""
        handles = [opened(alice), opened(bob)]
        for name in ("revoke", "revoke_all_of"):
            monkeypatch.setattr(acts, name, failing_second(getattr(acts, name)))

        response = revoker.choose(action, *handles)

        assert [level for level, _ in told(response)] == ["error"]
        assert [is_alive(handle) for handle in handles].count(True) == 1
        assert len(records()) == 1

    @pytest.mark.parametrize("action", ["end_selected", "end_all_of_users"])
    def test_end_that_replicas_leave_in_doubt_is_on_record_and_said(
        self,
        revoker: Operator,
        alice: User,
        bob: User,
        settings: Settings,
        action: str,
    ) -> None:
        """They have ended; only a failover could bring them back."""
        handles = [opened(alice), opened(bob)]
        settings.SESSIONAUTH = {"WAIT_REPLICAS": 1}
        # It waits for replicas as long as for an answer: here not half a minute.
        use_server(settings, settings.CACHES["default"]["LOCATION"])

        response = revoker.choose(action, *handles)

        assert [level for level, _ in told(response)] == ["error"]
        assert not any(is_alive(handle) for handle in handles)
        assert len(records()) == 2


class TestQuestion:
    @pytest.mark.parametrize("action", ACTIONS)
    def test_action_asks_first(
        self, locker: Operator, handle: str, alice: User, action: str
    ) -> None:
        """A slip of the mouse logs nobody out."""
        response = locker.choose(action, handle, sure=False)

        html = response.content.decode()
        assert response.status_code == 200
        assert "Are you sure" in html
        assert "alice" in html
        assert is_alive(handle)
        assert records() == []

    @pytest.mark.parametrize("button", BUTTONS)
    def test_button_asks_first(
        self, locker: Operator, handle: str, button: str
    ) -> None:
        """The same on the form."""
        response = locker.press(handle, button, sure=False)

        assert "Are you sure" in response.content.decode()
        assert is_alive(handle)

    def test_answer_yes_does_what_was_asked(
        self, revoker: Operator, handle: str
    ) -> None:
        """The page carries the selection on."""
        asked = revoker.choose("end_selected", handle, sure=False).content.decode()

        assert f'name="_selected_action" value="{handle}"' in asked
        assert 'name="action" value="end_selected"' in asked
        assert 'name="post" value="yes"' in asked


@pytest.mark.requirement("RVK-12")
class TestRights:
    @pytest.mark.parametrize(
        "codenames",
        [
            ("view_activesession", "change_user"),
            ("revoke_activesession", "change_user"),
        ],
    )
    def test_ending_needs_both_permissions(
        self, staff: Staff, handle: str, codenames: tuple[str, ...]
    ) -> None:
        """To look is not to end, and nobody ends what they may not see."""
        operator = staff(*codenames)

        for button in BUTTONS:
            assert operator.press(handle, button).status_code == 403
        for action in ACTIONS:
            operator.choose(action, handle)
        assert is_alive(handle)
        assert records() == []

    def test_deactivating_needs_the_right_to_change_users(
        self, revoker: Operator, handle: str, alice: User
    ) -> None:
        """It is the same as unticking the box on the user's page."""
        assert "deactivate" not in revoker.look() + revoker.look(one(handle))

        assert revoker.press(handle, "deactivate_user").status_code == 403
        revoker.choose("deactivate_users", handle)

        alice.refresh_from_db()
        assert alice.is_active
        assert is_alive(handle)

    def test_deactivating_asks_the_admin_of_users_about_each(
        self, locker: Operator, handle: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It may keep some users, such as superusers, from some of the staff."""
        users = django_admin.site.get_model_admin(User)
        monkeypatch.setattr(
            users, "has_change_permission", lambda _request, obj=None: obj is None
        )

        assert locker.press(handle, "deactivate_user").status_code == 403
        assert locker.choose("deactivate_users", handle).status_code == 403
        assert is_alive(handle)

    @pytest.mark.parametrize("button", BUTTONS)
    def test_get_ends_nothing(self, admin: Operator, handle: str, button: str) -> None:
        """A link in a mail must not log anybody out."""
        assert admin.get(one(handle, button), secure=True).status_code == 405
        assert is_alive(handle)

    def test_post_without_csrf_token_is_refused(
        self, admin: Operator, handle: str
    ) -> None:
        """Another site's page must not either."""
        admin.handler.enforce_csrf_checks = True

        for button in BUTTONS:
            assert admin.press(handle, button).status_code == 403
        assert admin.choose("end_selected", handle).status_code == 403
        assert is_alive(handle)

    def test_anonymous_is_sent_to_the_login(self, handle: str) -> None:
        """Who is nobody is asked who they are."""
        response = Operator().press(handle, "end")

        assert response.url.startswith("/admin/login/")
        assert is_alive(handle)


def down(*_args: object) -> int:
    raise StoreDown("hung")


def failing_second(act: Callable[..., object]) -> Callable[..., object]:
    """The first call goes through, the others meet an outage."""
    calls: list[object] = []

    def called(*args: object) -> object:
        calls.append(args)
        return act(*args) if len(calls) == 1 else down()

    return called
