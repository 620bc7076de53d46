"""When the keys of an issuer elsewhere are asked for, and how long they count."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import override_settings

from jwtauth.core.jwks_address import parse_address
from jwtauth.core.keys import KeyRing
from jwtauth.exceptions import KeysUnavailable
from jwtauth.stores import jwks_client, key_source, remote_keys
from jwtauth.stores.remote_keys import MAX_AGE, RemoteKeys
from tests.crowd import crowd_of
from tests.jwtauth.jwks_server import (
    Answer,
    JWKSServer,
    hung,
    jwks_server,
    new_key,
    plain,
)

MINUTE = timedelta(seconds=60)
PRIVATE, PUBLIC = new_key()
_, OTHER = new_key()


class Clock:
    """Stands in for ``time.monotonic``; only the test moves it."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def advance(self, span: timedelta) -> None:
        self.now += span.total_seconds()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(remote_keys, "time", clock)
    return clock


@pytest.fixture
def issuer() -> Iterator[JWKSServer]:
    with jwks_server() as server:
        server.publish(PUBLIC)
        yield server


@pytest.fixture
def keys(issuer: JWKSServer) -> RemoteKeys:
    return RemoteKeys(parse_address(issuer.url))


def kids(ring: KeyRing) -> set[str]:
    return {key.kid for key in ring}


def ring_after_attempt(keys: RemoteKeys) -> KeyRing:
    """Let an attempt that is due begin, whose end the call waits for, and ask again."""
    keys.ring(MINUTE)
    attempt_of(keys).join(10)
    return keys.ring(MINUTE)


def attempt_of(keys: RemoteKeys) -> threading.Thread:
    assert keys._attempt is not None
    return keys._attempt


class TestFetching:
    def test_first_request_waits_for_the_keys(self, keys: RemoteKeys) -> None:
        """There is nothing to go on with."""
        assert kids(keys.ring(MINUTE)) == {PUBLIC["kid"]}

    @pytest.mark.requirement("JWK-07")
    def test_keys_are_asked_for_once_an_interval(
        self, keys: RemoteKeys, issuer: JWKSServer, clock: Clock
    ) -> None:
        """Not by every request, and not by every thread."""
        for _ in range(100):
            keys.ring(MINUTE)
        assert issuer.requests == 1

        clock.advance(MINUTE)
        for _ in range(100):
            ring_after_attempt(keys)
        assert issuer.requests == 2

    def test_sixteen_threads_at_once_ask_once(
        self, keys: RemoteKeys, issuer: JWKSServer
    ) -> None:
        """A process that starts under load must not begin with a storm."""
        with crowd_of(16) as crowd:
            rings = crowd.all_at_once(lambda: keys.ring(MINUTE))

        assert issuer.requests == 1
        assert all(ring is rings[0] for ring in rings)

    def test_published_key_verifies_and_withdrawn_one_stops(
        self, keys: RemoteKeys, issuer: JWKSServer, clock: Clock
    ) -> None:
        """Both within the interval, without a restart."""
        keys.ring(MINUTE)
        issuer.publish(OTHER)
        assert kids(keys.ring(MINUTE)) == {PUBLIC["kid"]}

        clock.advance(MINUTE)

        # Whoever finds them old waits: a service that was idle must not be wrong once.
        assert kids(keys.ring(MINUTE)) == {OTHER["kid"]}

    def test_same_set_is_the_same_ring(
        self, keys: RemoteKeys, issuer: JWKSServer, clock: Clock
    ) -> None:
        """What was verified under it needs no second look."""
        issuer.publish(PUBLIC, OTHER)
        before = keys.ring(MINUTE)
        issuer.publish(OTHER, PUBLIC)
        clock.advance(MINUTE)

        assert ring_after_attempt(keys) is before
        assert issuer.requests == 2

    @pytest.mark.requirement("JWK-07")
    def test_bad_key_costs_itself_alone(
        self,
        keys: RemoteKeys,
        issuer: JWKSServer,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Whoever adds one must not lock everybody out."""
        issuer.publish({"kty": "oct", "k": "c2VjcmV0"}, PUBLIC)

        assert kids(keys.ring(MINUTE)) == {PUBLIC["kid"]}
        assert "key number 1 is left out" in caplog.text
        assert "c2VjcmV0" not in caplog.text

    @pytest.mark.requirement("JWK-07")
    def test_bad_keys_are_told_of_once_and_not_all(
        self,
        keys: RemoteKeys,
        issuer: JWKSServer,
        clock: Clock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Another issuer must not fill our log, every minute from every process."""
        issuer.answer = plain(json.dumps({"keys": [PUBLIC, *[1] * 10_000]}).encode())
        keys.ring(MINUTE)
        for _ in range(3):
            clock.advance(MINUTE)
            ring_after_attempt(keys)

        assert issuer.requests == 4
        assert len(caplog.messages) == 6
        assert caplog.messages[-1].endswith("9995 more are left out")

        issuer.publish(PUBLIC, {"kty": "other"})
        clock.advance(MINUTE)
        ring_after_attempt(keys)
        assert caplog.messages[6:] and "number 2" in caplog.messages[-1]


class TestAge:
    def test_keys_are_as_old_as_the_last_attempt_that_succeeded(
        self, keys: RemoteKeys, issuer: JWKSServer, clock: Clock
    ) -> None:
        """By this an operator sees that the issuer has not been reached for hours."""
        assert keys.age() is None
        keys.ring(MINUTE)
        assert keys.age() == timedelta(0)

        issuer.answer = plain(b"", status="500 Internal Server Error")
        clock.advance(MINUTE)
        ring_after_attempt(keys)

        assert keys.age() == MINUTE

    def test_process_that_has_no_keys_asks_nobody_for_their_age(
        self, issuer: JWKSServer
    ) -> None:
        """A probe must not decide when keys are fetched."""
        with override_settings(JWTAUTH=verifying(issuer)):
            assert remote_keys.age_of_keys() is None

        assert issuer.requests == 0


class TestIssuerDown:
    @pytest.mark.requirement("JWK-07")
    def test_known_keys_count_for_a_day(
        self, keys: RemoteKeys, issuer: JWKSServer, clock: Clock
    ) -> None:
        """An outage of the issuer is none of ours; a withdrawn key ends some time."""
        keys.ring(MINUTE)
        issuer.close()

        clock.advance(MAX_AGE - timedelta(seconds=1))
        assert kids(ring_after_attempt(keys)) == {PUBLIC["kid"]}

        clock.advance(timedelta(seconds=1))
        with pytest.raises(KeysUnavailable):
            keys.ring(MINUTE)

    def test_failed_attempts_make_no_key_younger(
        self, keys: RemoteKeys, issuer: JWKSServer, clock: Clock
    ) -> None:
        """What counts is when the keys were last seen published."""
        keys.ring(MINUTE)
        issuer.answer = plain(b"", status="500 Oh")
        for _ in range(24):
            clock.advance(timedelta(minutes=59))
            assert kids(ring_after_attempt(keys)) == {PUBLIC["kid"]}

        clock.advance(timedelta(minutes=24))
        with pytest.raises(KeysUnavailable):
            keys.ring(MINUTE)

    @pytest.mark.requirement("JWK-07")
    @pytest.mark.parametrize("interval", [MINUTE, timedelta(hours=1)])
    def test_first_failure_is_repeated_after_half_a_minute_and_not_before(
        self,
        keys: RemoteKeys,
        issuer: JWKSServer,
        clock: Clock,
        interval: timedelta,
    ) -> None:
        """Every request would ask otherwise; and 503 for an hour would be long."""
        issuer.answer = plain(b"", status="500 Oh")
        for _ in range(100):
            with pytest.raises(KeysUnavailable):
                keys.ring(interval)
        assert issuer.requests == 1
        issuer.publish(PUBLIC)

        clock.advance(timedelta(seconds=29))
        with pytest.raises(KeysUnavailable):
            keys.ring(interval)
        clock.advance(timedelta(seconds=1))

        assert kids(keys.ring(interval)) == {PUBLIC["kid"]}
        assert issuer.requests == 2

    @pytest.mark.parametrize(
        "body",
        [b"", b"{}", b'{"keys": []}', b'{"keys": {}}', b"[]", b"\xff", b"[" * 50_000],
    )
    def test_garbage_keeps_the_last_good_keys(
        self, keys: RemoteKeys, issuer: JWKSServer, clock: Clock, body: bytes
    ) -> None:
        """An error page, or a set without any usable key, withdraws nothing."""
        keys.ring(MINUTE)
        issuer.answer = plain(body)
        clock.advance(MINUTE)

        assert kids(ring_after_attempt(keys)) == {PUBLIC["kid"]}
        assert issuer.requests == 2

    def test_fault_of_our_own_keeps_the_last_good_keys(
        self,
        keys: RemoteKeys,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """A thread that died in silence would end verification a day later."""
        keys.ring(MINUTE)

        def fail(_address: object) -> bytes:
            raise RuntimeError("oops")

        monkeypatch.setattr(jwks_client, "fetch", fail)
        clock.advance(MINUTE)

        assert kids(ring_after_attempt(keys)) == {PUBLIC["kid"]}
        assert "RuntimeError: oops" in caplog.text

    def test_process_that_gets_no_thread_goes_on_with_the_last_good_keys(
        self,
        keys: RemoteKeys,
        issuer: JWKSServer,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """At the limit of the machine, or at the end of a server's life: no 500."""

        def fail(_thread: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", fail)
            with pytest.raises(KeysUnavailable):
                keys.ring(MINUTE)
            assert issuer.requests == 0

        clock.advance(MINUTE)
        keys.ring(MINUTE)
        clock.advance(MINUTE)
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", fail)
            assert kids(keys.ring(MINUTE)) == {PUBLIC["kid"]}

    @pytest.mark.requirement("LOG-03")
    @pytest.mark.parametrize(
        "answer", [plain(b""), plain(b"", status="500 Oh"), plain(b'{"keys": [1]}')]
    )
    def test_query_of_the_address_is_in_no_message(
        self, issuer: JWKSServer, answer: Answer, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Some hand out their keys to who has a password, and that is where it is."""
        issuer.answer = answer
        keys = RemoteKeys(parse_address(f"{issuer.url}?token=hunter2"))

        with pytest.raises(KeysUnavailable) as caught:
            keys.ring(MINUTE)

        assert issuer.url in str(caught.value)
        assert "hunter2" not in caplog.text + str(caught.value) + repr(keys._address)


class TestIssuerHung:
    def test_requests_with_keys_do_not_wait(
        self,
        keys: RemoteKeys,
        issuer: JWKSServer,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """One of them does, for a bounded time; everybody else goes on meanwhile."""
        keys.ring(MINUTE)
        issuer.answer = hung
        clock.advance(MINUTE)
        waited: list[float] = []

        def join(_thread: threading.Thread, seconds: float) -> None:
            waited.append(seconds)

        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "join", join)
            for _ in range(100):
                assert kids(keys.ring(MINUTE)) == {PUBLIC["kid"]}

        assert waited == [jwks_client.TIMEOUT_SECONDS]
        assert attempt_of(keys).is_alive()
        issuer.close()
        attempt_of(keys).join(10)
        assert issuer.requests <= 2

    def test_request_without_keys_waits_no_longer_than_one_attempt_may(
        self,
        keys: RemoteKeys,
        issuer: JWKSServer,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Also while the attempt itself takes longer, as in finding the host."""
        release = threading.Event()

        def fetch(_address: object) -> bytes:
            release.wait(30)
            raise KeysUnavailable("too late")

        monkeypatch.setattr(jwks_client, "fetch", fetch)
        monkeypatch.setattr(jwks_client, "TIMEOUT_SECONDS", 0.1)

        for _ in range(3):
            with pytest.raises(KeysUnavailable):
                keys.ring(MINUTE)
            clock.advance(MINUTE)  # due again, but the one under way is the only one

        attempt = attempt_of(keys)
        assert attempt.is_alive()
        release.set()
        attempt.join(10)
        with pytest.raises(KeysUnavailable):
            keys.ring(MINUTE)
        assert attempt_of(keys) is not attempt

    def test_nobody_waits_for_an_attempt_that_takes_too_long_already(
        self, keys: RemoteKeys, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two seconds for each request would keep every worker busy with waiting."""
        release, waited = threading.Event(), []

        def fetch(_address: object) -> bytes:
            release.wait(30)
            raise KeysUnavailable("too late")

        def join(_thread: threading.Thread, seconds: float) -> None:
            waited.append(seconds)

        monkeypatch.setattr(jwks_client, "fetch", fetch)
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "join", join)
            for _ in range(4):
                with pytest.raises(KeysUnavailable):
                    keys.ring(MINUTE)
                clock.advance(timedelta(seconds=1.5))
        release.set()
        attempt_of(keys).join(10)

        assert waited == [2.0, 0.5, 0.0, 0.0]


class TestProcess:
    @pytest.mark.parametrize("moment", ["_creation", "_lock", "attempt"])
    def test_forked_child_asks_for_itself(
        self, issuer: JWKSServer, moment: str
    ) -> None:
        """Whatever a thread of its parent was at: the child has neither it nor 503."""
        done = subprocess.run(  # noqa: S603 # our own program
            [sys.executable, "-c", FORK, issuer.url, moment],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert done.stdout == "1 key\n", done.stderr

    def test_other_settings_begin_anew(self, issuer: JWKSServer) -> None:
        """Keys of another address must not verify."""
        with jwks_server() as second:
            second.publish(OTHER)
            for server, jwk in ((issuer, PUBLIC), (second, OTHER)):
                with override_settings(JWTAUTH=verifying(server)):
                    assert kids(key_source.key_ring(0.0)) == {jwk["kid"]}

    @pytest.mark.requirement("KEY-10")
    def test_unknown_names_ask_nobody(self, issuer: JWKSServer) -> None:
        """Whoever makes up tokens could have the issuer asked at will."""
        with override_settings(JWTAUTH=verifying(issuer)):
            ring = key_source.key_ring(0.0)
            for number in range(10_000):
                assert ring.verification_key(f"kid-{number}", 0.0) is None
                assert key_source.key_ring(0.0) is ring

        assert issuer.requests == 1


def verifying(server: JWKSServer) -> dict[str, object]:
    return {**settings.JWTAUTH, "KEYS": server.url, "USER": "lazy"}


FORK = """
import os, signal, sys, threading
from django.conf import settings
url, moment = sys.argv[1:]
settings.configure(
    JWTAUTH={"ISSUER": "x", "AUDIENCE": "y", "USER": "claims", "KEYS": url}
)
from jwtauth.core.jwks_address import parse_address
from jwtauth.stores import jwks_client, remote_keys
address = parse_address(url)
fetch, reached = jwks_client.fetch, threading.Event()
def stay(*_):
    reached.set()
    threading.Event().wait()
def hold(lock):
    with lock:
        stay()
if moment == "attempt":
    jwks_client.fetch = stay
    in_parent = lambda: remote_keys.key_ring(address)
else:
    remote_keys._remote = remote_keys.RemoteKeys(address)
    holder = remote_keys if moment == "_creation" else remote_keys._remote
    in_parent = lambda: hold(getattr(holder, moment))
threading.Thread(target=in_parent, daemon=True).start()
reached.wait()
if os.fork() == 0:
    signal.alarm(20)
    jwks_client.fetch = fetch
    print(len(list(remote_keys.key_ring(address))), "key", flush=True)
    os._exit(0)
os.wait()
os._exit(0)
"""
