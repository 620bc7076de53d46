"""A refresh token comes in: over HTTP, on the database and Redis of the run."""

import base64
import secrets
from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from jwtauth.core.context import RequestContext
from jwtauth.core.refresh_token import RefreshToken
from jwtauth.flows.refresh import refresh
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.signals import token_reused, token_rotated
from jwtauth.stores import key_source
from tests.conftest import Heard
from tests.jwtauth.caller import Caller
from tests.jwtauth.conftest import age

REFUSAL = b'{"detail":"Token is invalid or expired","code":"token_not_valid"}'
NOW = 1_800_000_000.0


def family() -> TokenFamily:
    return TokenFamily.objects.get()


def forged(**changes: object) -> str:
    """Make a token with the server's keys, as a leaked key would allow it."""
    row = family()
    fields = {"sid": row.pk.bytes, "generation": row.generation, **changes}
    return key_source.refresh_keys(NOW).current(NOW).encode(RefreshToken(**fields))


class TestRotation:
    @pytest.mark.requirement("RTK-06")
    def test_refresh_current_token_rotates_and_ends_the_old_one(
        self, alice: User, caller: Caller, thief: Caller
    ) -> None:
        """A refresh token buys one successor, and buys no second one elsewhere."""
        first = caller.login(alice)
        second = caller.refreshed(first["refresh"])
        caller.refreshed(second["refresh"])

        assert second["refresh"] != first["refresh"]
        assert thief.refresh(first["refresh"]).status_code == 401

    def test_refresh_answer_has_the_agreed_shape(
        self, alice: User, caller: Caller
    ) -> None:
        """Clients are written against these names (RFC 6749 §5.1)."""
        response = caller.refresh(caller.login(alice)["refresh"])

        body = response.json()
        assert set(body) == {
            "access",
            "refresh",
            "token_type",
            "expires_in",
            "refresh_expires_in",
        }
        assert body["token_type"] == "Bearer"
        assert body["expires_in"] == 900
        assert response["Cache-Control"] == "no-store"

    @pytest.mark.requirement("RTK-01")
    def test_login_refresh_secret_comes_from_the_csprng(
        self, alice: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """128 bits are asked for; 256 are taken (RFC 6749 §10.10)."""
        drawn: list[bytes] = []

        def token_bytes(size: int) -> bytes:
            drawn.append(b"%02d" % len(drawn) * (size // 2))
            return drawn[-1]

        monkeypatch.setattr(secrets, "token_bytes", token_bytes)
        token = caller.login(alice)["refresh"]

        secret = key_source.refresh_keys(NOW).parse(token, NOW).secret
        assert len(secret) == 32
        assert secret in drawn

    @pytest.mark.requirement("RTK-10")
    def test_refresh_answer_lost_gives_the_same_successor(
        self, alice: User, caller: Caller
    ) -> None:
        """A client that retries is no second client: nothing new is stored."""
        first = caller.login(alice)["refresh"]
        lost = caller.refreshed(first)
        before = TokenFamily.objects.values().get()

        again = caller.refreshed(first)

        assert again["refresh"] == lost["refresh"]
        assert again["access"] != lost["access"]
        assert TokenFamily.objects.values().get() == before

    @pytest.mark.requirement("RTK-11")
    def test_refresh_grace_starts_at_the_rotation_and_never_slides(
        self, alice: User, caller: Caller, jwtauth_settings: Callable[..., None]
    ) -> None:
        """A grace period that each use renews would never end."""
        jwtauth_settings(REFRESH_RETRY_WINDOW=timedelta(0))
        first = caller.login(alice)["refresh"]
        caller.refreshed(first)

        age(timedelta(seconds=5))
        assert caller.refresh(first).status_code == 200
        age(timedelta(seconds=6))
        assert caller.refresh(first).status_code == 401

    def test_refresh_other_context_within_grace_gets_another_successor(
        self, alice: User, caller: Caller, thief: Caller
    ) -> None:
        """The live successor is for where it was rotated from, and for nobody else."""
        first = caller.login(alice)["refresh"]
        owners = caller.refreshed(first)["refresh"]
        thiefs = thief.refreshed(first)["refresh"]

        assert thiefs != owners
        assert caller.refresh(owners).status_code == 401
        assert thief.refresh(thiefs).status_code == 401
        assert family().revoked_reason == RevocationReason.REUSE

    @pytest.mark.requirement("RTK-17")
    def test_refresh_thrice_in_one_second_old_token_is_detected(
        self, alice: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Order is by generation: a clock that stands still hides nothing."""
        monkeypatch.setattr("time.time", lambda: NOW)
        first = caller.login(alice)["refresh"]
        token = first
        for _ in range(3):
            token = caller.refreshed(token)["refresh"]

        assert caller.refresh(first).status_code == 401
        assert family().revoked_reason == RevocationReason.REUSE

    def test_refresh_one_read_and_one_write(self, alice: User, caller: Caller) -> None:
        """The budget: whatever else a refresh needs, it must not ask the database."""
        token = caller.login(alice)["refresh"]

        with CaptureQueriesContext(connection) as queries:
            caller.refreshed(token)

        assert [query["sql"].split()[0] for query in queries] == ["SELECT", "UPDATE"]

    def test_refresh_inside_a_transaction_is_a_loud_error(
        self, alice: User, caller: Caller
    ) -> None:
        """Its rollback would undo a rotation whose token has been handed out."""
        token = caller.login(alice)["refresh"]

        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            refresh(token, sender=RequestContext(), now=NOW)

    def test_refresh_signal_tells_the_outcome(
        self, alice: User, caller: Caller, heard: Heard
    ) -> None:
        """Grace that is used often is worth knowing (RTK-15)."""
        told = heard(token_rotated)

        token = caller.login(alice)["refresh"]
        caller.refreshed(token)
        caller.refreshed(token)

        assert [facts["outcome"] for facts in told] == ["rotated", "retry"]


class TestReuse:
    @pytest.mark.requirement("RTK-07", "RTK-12")
    def test_refresh_two_generations_back_ends_the_login(
        self, alice: User, caller: Caller
    ) -> None:
        """Grace is for the immediate predecessor; further back is reuse."""
        first = caller.login(alice)
        second = caller.refreshed(first["refresh"])
        third = caller.refreshed(second["refresh"])

        assert caller.refresh(first["refresh"]).status_code == 401
        assert caller.refresh(third["refresh"]).status_code == 401
        for body in (first, second, third):
            assert caller.me(body["access"]).status_code == 401

    @pytest.mark.requirement("RTK-08")
    @pytest.mark.usefixtures("atomic_requests")
    def test_reuse_drf_set_rollback_keeps_the_revocation(
        self, alice: User, caller: Caller
    ) -> None:
        """DRF rolls back the transaction of a request that it answers with 401."""
        first = caller.login(alice)["refresh"]
        caller.refreshed(caller.refreshed(first)["refresh"])

        assert caller.refresh(first).status_code == 401
        assert family().revoked_reason == RevocationReason.REUSE

    def test_reuse_signal_is_sent_once_with_its_kind(
        self, alice: User, caller: Caller, heard: Heard
    ) -> None:
        """Whoever mails the user must not do it once per try of the thief."""
        told = heard(token_reused)

        first = caller.login(alice)["refresh"]
        caller.refreshed(caller.refreshed(first)["refresh"])
        for _ in range(3):
            caller.refresh(first)

        assert [facts["kind"] for facts in told] == ["stale"]

    @pytest.mark.requirement("RTK-13")
    def test_refresh_predecessor_within_grace_after_logout_is_refused(
        self, alice: User, caller: Caller
    ) -> None:
        """Grace repairs a lost answer; it never revives what was ended."""
        first = caller.login(alice)["refresh"]
        second = caller.refreshed(first)
        caller.logout(second["access"])

        assert caller.refresh(first).status_code == 401
        assert family().revoked_reason == RevocationReason.LOGOUT


class TestExpiry:
    @pytest.mark.requirement("RTK-18")
    def test_refresh_idle_timeout_is_enforced_at_use(
        self, alice: User, caller: Caller
    ) -> None:
        """No clean-up needs to have run."""
        token = caller.login(alice)["refresh"]

        age(timedelta(days=7, seconds=1))

        assert caller.refresh(token).status_code == 401

    @pytest.mark.requirement("RTK-18", "TMO-02")
    def test_refresh_daily_ends_at_the_absolute_timeout(
        self, alice: User, caller: Caller
    ) -> None:
        """Rotation never moves the anchor of the absolute timeout."""
        token = caller.login(alice)["refresh"]
        for _ in range(29):
            age(timedelta(days=1))
            token = caller.refreshed(token)["refresh"]

        age(timedelta(days=1, seconds=1))

        assert caller.refresh(token).status_code == 401

    @pytest.mark.requirement("RTK-19")
    def test_refresh_near_the_end_successor_expires_with_the_login(
        self, alice: User, caller: Caller
    ) -> None:
        """A successor can't promise more time than the login has left."""
        token = caller.login(alice)["refresh"]
        TokenFamily.objects.update(absolute_expires_at=Now() + timedelta(seconds=100))

        body = caller.refreshed(token)

        assert 90 <= body["refresh_expires_in"] <= 100
        assert 90 <= body["expires_in"] <= 100


class TestUser:
    @pytest.mark.requirement("RTK-21")
    def test_refresh_user_deactivated_by_update_is_refused_and_ended(
        self, alice: User, caller: Caller
    ) -> None:
        """queryset.update() sends no signal: refresh looks for itself."""
        body = caller.login(alice)

        User.objects.update(is_active=False)

        assert caller.refresh(body["refresh"]).status_code == 401
        assert family().revoked_reason == RevocationReason.USER_CHANGED
        User.objects.update(is_active=True)
        assert caller.refresh(body["refresh"]).status_code == 401
        assert caller.me(body["access"]).status_code == 401

    @pytest.mark.requirement("RTK-21")
    def test_refresh_user_deleted_is_refused_and_leaves_a_tombstone(
        self, alice: User, caller: Caller
    ) -> None:
        """Whose login it was stays known; a new user of that key gets nothing."""
        body = caller.login(alice)
        pk = alice.pk

        User.objects.all().delete()

        assert caller.refresh(body["refresh"]).status_code == 401
        assert family().user_id == pk
        assert family().revoked_reason == RevocationReason.USER_DELETED

    @pytest.mark.requirement("RTK-21")
    def test_refresh_password_changed_by_update_is_refused_and_ended(
        self, alice: User, caller: Caller
    ) -> None:
        """The binding holds the password's hash of the login."""
        body = caller.login(alice)

        alice.set_password("another")
        User.objects.update(password=alice.password)

        assert caller.refresh(body["refresh"]).status_code == 401
        assert family().revoked_reason == RevocationReason.USER_CHANGED

    def test_refresh_secret_key_rotated_with_fallback_goes_on(
        self, alice: User, caller: Caller, settings: pytest.FixtureRequest
    ) -> None:
        """Rotating Django's SECRET_KEY the documented way ends no login."""
        body = caller.login(alice)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "a new key, long enough to be one " * 2

        body = caller.refreshed(body["refresh"])
        settings.SECRET_KEY_FALLBACKS = []

        assert caller.refresh(body["refresh"]).status_code == 200


class TestForgery:
    @pytest.mark.requirement("RTK-04")
    def test_refresh_any_character_changed_costs_no_query(
        self, alice: User, caller: Caller
    ) -> None:
        """The tag is checked first: a forged token reaches no row."""
        token = caller.login(alice)["refresh"]
        before = TokenFamily.objects.values().get()

        with CaptureQueriesContext(connection) as queries:
            for position, character in enumerate(token):
                other = "B" if character == "A" else "A"
                changed = token[:position] + other + token[position + 1 :]
                assert caller.refresh(changed).status_code == 401

        assert len(queries) == 0
        assert TokenFamily.objects.values().get() == before

    @pytest.mark.requirement("RTK-05")
    @pytest.mark.parametrize(
        "respell",
        [
            lambda token: token + "=",
            lambda token: token + "====",
            lambda token: " " + token,
            lambda token: token + "\n",
            lambda token: token[:50] + " " + token[50:],
            lambda token: base64.b64encode(base64.urlsafe_b64decode(token)).decode()[
                :-1
            ],
            lambda token: token[:-1],
            lambda token: token + "A",
            lambda token: token.replace("A", "\uff21", 1),
        ],
    )
    def test_refresh_other_spelling_is_refused(
        self, alice: User, caller: Caller, respell: Callable[[str], str]
    ) -> None:
        """One token, one spelling: else two texts share one state."""
        token = respell(caller.login(alice)["refresh"])

        assert caller.refresh(token).status_code == 401

    @pytest.mark.requirement("RTK-03")
    def test_refresh_made_from_a_leaked_row_is_refused(
        self, alice: User, caller: Caller
    ) -> None:
        """A copy of the database, even with the keys, yields no working token."""
        caller.login(alice)
        caller.refreshed(caller.login(alice)["refresh"])
        for row in TokenFamily.objects.all():
            values = [bytes(row.secret_hash), bytes(row.nonce), bytes(row.binding)]
            keys = key_source.refresh_keys(NOW)
            for generation in (0, 1, 2):
                for secret in values:
                    token = RefreshToken(
                        sid=row.pk.bytes, generation=generation, secret=secret
                    )
                    successor = keys.current(NOW).successor(token, bytes(row.nonce))
                    for guess in (token, successor):
                        text = keys.current(NOW).encode(guess)
                        assert caller.refresh(text).status_code == 401

    @pytest.mark.requirement("RTK-03")
    def test_refresh_made_from_a_leaked_key_is_refused_and_alerts(
        self, alice: User, caller: Caller, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Who has the key and an id still lacks the secret."""
        token = caller.login(alice)["refresh"]

        response = caller.refresh(forged(secret=secrets.token_bytes(32)))

        assert response.status_code == 401
        assert "family_outdated" in [getattr(r, "event", "") for r in caplog.records]
        assert caller.refresh(token).status_code == 200

    @pytest.mark.requirement("RTK-31")
    def test_refresh_ahead_of_the_record_is_refused_and_alerts(
        self, alice: User, caller: Caller, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A genuine token from the future tells of a restored backup."""
        first = caller.login(alice)["refresh"]
        backup = TokenFamily.objects.values().get()
        second = caller.refreshed(first)["refresh"]
        third = caller.refreshed(second)["refresh"]
        TokenFamily.objects.update(**backup)

        assert caller.refresh(third).status_code == 401
        assert "family_outdated" in [getattr(r, "event", "") for r in caplog.records]

    @pytest.mark.requirement("RTK-28")
    def test_tokens_swapped_are_refused(self, alice: User, caller: Caller) -> None:
        """Each kind of token opens one kind of door."""
        body = caller.login(alice)

        assert caller.refresh(body["access"]).status_code == 401
        assert caller.me(body["refresh"]).status_code == 401
        verify = {"token": body["refresh"]}
        assert caller.post("token/verify/", verify).status_code == 401

    @pytest.mark.requirement("RTK-24")
    def test_refresh_any_reason_refusal_is_byte_equal(
        self, alice: User, caller: Caller
    ) -> None:
        """A thief learns nothing from how a token is refused."""
        garbage = "x" * 100
        unknown = forged_for_nobody(caller, alice)
        revoked = caller.login(alice)
        caller.logout(revoked["access"])
        reused = caller.login(alice)["refresh"]
        caller.refreshed(caller.refreshed(reused)["refresh"])
        expired = caller.login(alice)["refresh"]
        responses = [
            caller.refresh(token)
            for token in (garbage, unknown, revoked["refresh"], reused)
        ]
        age(timedelta(days=8))
        responses.append(caller.refresh(expired))

        assert {response.content for response in responses} == {REFUSAL}
        assert {response.status_code for response in responses} == {401}
        assert {response["WWW-Authenticate"] for response in responses} == {
            'Bearer realm="api", error="invalid_token"'
        }
        assert len({tuple(sorted(r.headers.items())) for r in responses}) == 1


def forged_for_nobody(caller: Caller, user: User) -> str:
    """A genuine token whose row is gone, as after a purge."""
    token = caller.login(user)["refresh"]
    TokenFamily.objects.all().delete()
    return token


class TestStorage:
    @pytest.mark.requirement("RTK-02")
    def test_stores_hold_no_token_and_no_part_of_one(
        self, alice: User, caller: Caller, redis_client: redis.Redis
    ) -> None:
        """Whoever copies the database or Redis gets nothing that works."""
        bodies = [caller.login(alice)]
        bodies.append(caller.refreshed(bodies[0]["refresh"]))
        bodies.append(caller.refreshed(bodies[1]["refresh"]))
        caller.logout(bodies[2]["access"])

        dump = dump_of_tables() + dump_of_redis(redis_client)

        for body in bodies:
            raw = base64.urlsafe_b64decode(body["refresh"])
            secret, tag = raw[27:59], raw[59:]
            for part in (raw, secret, tag):
                for spelling in (part, part.hex().encode(), base64.b64encode(part)):
                    assert spelling not in dump
            assert body["refresh"].encode() not in dump
            assert body["access"].encode() not in dump
            assert body["access"].rsplit(".", 1)[1].encode() not in dump

    @pytest.mark.requirement("RTK-22")
    def test_refresh_fifty_times_keeps_one_row_of_one_size(
        self, alice: User, caller: Caller
    ) -> None:
        """Storage per login is constant, however long it is used."""
        token = caller.login(alice)["refresh"]
        token = caller.refreshed(token)["refresh"]
        for _ in range(50):
            token = caller.refreshed(token)["refresh"]

        assert TokenFamily.objects.count() == 1
        row = TokenFamily.objects.get()
        assert (len(row.nonce), len(row.secret_hash), len(row.binding)) == (32, 32, 32)


def dump_of_tables() -> bytes:
    """Every value of every table, bytes as bytes and all else as text."""
    values = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 # names from the database itself
            values += [value for row in cursor.fetchall() for value in row]
    return b"\n".join(
        bytes(value)
        if isinstance(value, bytes | memoryview)
        else str(value).encode("utf-8")
        for value in values
    )


def dump_of_redis(client: redis.Redis) -> bytes:
    """Every key with its serialised value."""
    keys = list(client.scan_iter())
    return b"\n".join([*keys, *(client.dump(key) for key in keys)])
