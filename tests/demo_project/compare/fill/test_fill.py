"""Logins that are filled in count as real ones: what they cost is to be believed."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User

import jwtauth
import sessionauth
from demo_project.compare.fill import families, sessions
from demo_project.compare.fill.access_tokens import access_tokens_for
from demo_project.compare.fill.order import FilledLogin, FillOrder, from_json, to_json
from demo_project.devices import JwtDevice, SessionDevice
from jwtauth.models import TokenFamily
from jwtauth.stores import denylist, denylist_rebuild, denylist_shards
from sessionauth.conf import get_serializer
from sessionauth.core.record import from_fields
from sessionauth.engine import SessionStore
from sessionauth.flows.active_sessions import active_sessions
from sessionauth.flows.recent_logins import recent_logins
from sessionauth.flows.reindex import reindex
from sessionauth.stores.logins import EVERYBODY
from sessionauth.stores.sessions import every_session, peek
from tests.demo_project.client_caller import ClientCaller
from tests.demo_project.conftest import PASSWORD, LogIn

pytestmark = pytest.mark.django_db(transaction=True)

SESSION_COOKIE = "__Host-sessionid"


def _order(stored: int, known: int = 3) -> FillOrder:
    return FillOrder(stored=stored, known=known, username="alice")


def _owner(login: FilledLogin) -> User:
    return User.objects.get(username=login.username)


class TestSessions:
    @pytest.fixture(autouse=True)
    def _real_login(self, alice: User, log_in: LogIn) -> None:
        log_in("/session", alice)

    def test_known_session_is_accepted_as_its_own_users(self) -> None:
        """Timed requests must pass every check that real ones pass."""
        known = sessions.fill(_order(21))

        answers = [_session_device(login).call("me/") for login in known]
        assert [answer.status for answer in answers] == [200, 200, 200]
        assert [answer.text("id") for answer in answers] == [
            str(_owner(login).pk) for login in known
        ]

    def test_record_has_what_a_real_one_has(self) -> None:
        """A smaller record would make a store of a million look too small."""
        real = _data_of_the_real_session()

        [login] = sessions.fill(_order(2, known=1))

        copied = SessionStore(login.credential)
        assert dict(copied.items()).keys() == real.keys()
        assert copied["_auth_user_hash"] == _owner(login).get_session_auth_hash()
        [listed] = active_sessions(str(_owner(login).pk))
        assert listed.device == active_sessions(real["_auth_user_id"])[0].device

    def test_count_is_exact_whatever_was_there(self) -> None:
        """The rows say how many logins were stored."""
        sessions.fill(_order(18))

        assert sessions.count_stored() == 18

    def test_filling_again_adds_the_difference_only(self) -> None:
        """A million are stored upon a hundred thousand, not beside them."""
        sessions.fill(_order(8))
        again = sessions.fill(_order(8))
        more = sessions.fill(_order(20))

        assert again == []
        assert len(more) == 3
        assert sessions.count_stored() == 20

    def test_user_has_five_logins_each_of_them_listed(self) -> None:
        """The index of a user is a part of what is stored."""
        [login] = sessions.fill(_order(11, known=1))

        assert len(active_sessions(str(_owner(login).pk))) == 5

    def test_indexes_lack_nothing(self) -> None:
        """A rebuild that finds something would have found a login stored otherwise."""
        sessions.fill(_order(21))

        # First, because a rebuild would add who is missing here.
        assert recent_logins(EVERYBODY).count == 5
        assert reindex() == 0

    def test_revoking_all_of_a_user_ends_every_session(self) -> None:
        """What no revocation finds is no login."""
        known = sessions.fill(_order(11, known=10))
        owner = _owner(known[0])

        sessionauth.revoke_all(owner, "test")

        alive = [SessionStore(login.credential).items() for login in known]
        assert [bool(items) for items in alive] == [False] * 5 + [True] * 5

    def test_users_can_log_in_with_the_password_of_the_one_copied(self) -> None:
        """Logins are timed as well, each of another user."""
        [login] = sessions.fill(_order(2, known=1))

        device = SessionDevice(ClientCaller("test"), "/session")
        device.log_in(login.username, PASSWORD)

        assert device.call("me/").status == 200


class TestFamilies:
    @pytest.fixture(autouse=True)
    def _real_login(self, alice: User, log_in: LogIn) -> None:
        log_in("/jwt", alice)

    def test_known_family_refreshes(self) -> None:
        """Timed refreshes must pass every check that real ones pass."""
        [device, *_] = _jwt_devices(_fill(21))

        assert device.refresh().status == 200
        assert device.refresh().status == 200

    def test_access_token_is_accepted_as_its_own_users(self) -> None:
        """Timed requests must pass every check that real ones pass."""
        known = _fill(21)

        answers = [device.call("me/") for device in _jwt_devices(known)]

        assert [answer.status for answer in answers] == [200, 200, 200]
        assert [answer.text("id") for answer in answers] == [
            str(_owner(login).pk) for login in known
        ]

    def test_count_is_exact_whatever_was_there(self) -> None:
        """The rows say how many logins were stored."""
        _fill(18)

        assert TokenFamily.objects.count() == families.count_stored() == 18

    def test_filling_again_adds_the_difference_only(self) -> None:
        """A million are stored upon a hundred thousand, not beside them."""
        _fill(8)
        again = _fill(8)
        more = _fill(20)

        assert again == []
        assert len(more) == 3
        assert TokenFamily.objects.count() == 20

    def test_one_in_ten_has_ended_and_is_denied(self) -> None:
        """An empty denylist would cost the same however many logins are stored."""
        for shard in denylist_shards.SHARDS:
            denylist_rebuild.rebuild(shard, now=datetime.now(UTC))

        _fill(31, known=2)

        ended = TokenFamily.objects.filter(revoked_at__isnull=False)
        alive = TokenFamily.objects.filter(revoked_at__isnull=True)
        assert len(ended) == 3
        assert all(_is_denied(row) for row in ended)
        assert not any(_is_denied(row) for row in alive)

    def test_revoking_all_of_a_user_ends_every_login(self) -> None:
        """What no revocation finds is no login."""
        known = _fill(11, known=10)
        devices = _jwt_devices(known)

        jwtauth.revoke_all(_owner(known[0]), "revoked")

        calls = [device.call("me/").status for device in devices]
        assert calls == [401] * 5 + [200] * 5
        assert [d.refresh().status for d in devices] == [401] * 5 + [200] * 5

    def test_new_user_gets_a_number_of_its_own(self) -> None:
        """Numbers were given out behind the back of the database's counter."""
        _fill(21)

        assert User.objects.create_user("zoe").pk not in [
            user.pk for user in User.objects.exclude(username="zoe")
        ]


def test_what_is_printed_is_read_again() -> None:
    """The credentials come through a pipe as text."""
    logins = [FilledLogin(username="filled-1", credential="secret")]

    assert from_json(to_json(logins)) == logins
    assert FillOrder.from_json(_order(5).to_json()) == _order(5)
    assert "secret" not in repr(logins)


def _fill(stored: int, known: int = 3) -> list[FilledLogin]:
    return families.fill(_order(stored, known), now=time.time())


def _session_device(login: FilledLogin) -> SessionDevice:
    caller = ClientCaller("test")
    caller.add_cookies({SESSION_COOKIE: login.credential})
    return SessionDevice(caller, "/session")


def _data_of_the_real_session() -> dict[str, str]:
    [peeked] = peek(list(every_session()))
    assert peeked is not None
    data = from_fields(peeked.fields, get_serializer()).data
    return {key: str(value) for key, value in data.items()}


def _jwt_devices(known: Sequence[FilledLogin]) -> list[JwtDevice]:
    texts = access_tokens_for([k.credential for k in known], now=time.time())
    devices = []
    for login, text in zip(known, texts, strict=True):
        device = JwtDevice(ClientCaller("test"), "/jwt")
        device.access_token, device.refresh_token = text, login.credential
        devices.append(device)
    return devices


def _is_denied(row: TokenFamily) -> bool:
    return denylist.is_denied(row.sid, now=time.time())
