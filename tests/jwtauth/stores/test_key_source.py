"""Which keys are in force, when they are read again, and what a failure leaves."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from time import sleep
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from jwtauth.core.keys import KeyUse
from jwtauth.stores import key_source
from tests.jwtauth.conftest import jwtauth
from tests.jwtauth.core.key_box import jwk_of, key_of

GOOD = [jwk_of("ES256"), jwk_of("HS256", KeyUse.REFRESH)]
NOW = 1_800_000_000
INTERVAL = timedelta(seconds=60)


class Source:
    """A callable of a project: counts its calls; gives or raises what it is told."""

    def __init__(self) -> None:
        self.keys: Any = GOOD
        self.error: Exception | None = None
        self.calls = 0
        self.before: Callable[[], object] = lambda: None

    def __call__(self) -> Any:  # noqa: ANN401 # whatever a project may return
        self.calls += 1
        self.before()
        if self.error is not None:
            raise self.error
        return self.keys


@pytest.fixture
def source() -> Iterator[Source]:
    """The configured source of keys."""
    source = Source()
    with jwtauth(KEYS=source, KEY_RELOAD_INTERVAL=INTERVAL):
        yield source


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The process's clock, moved by hand: ``clock.now += 60``."""
    clock = SimpleNamespace(now=1000.0)
    fake = SimpleNamespace(monotonic=lambda: clock.now)
    monkeypatch.setattr(key_source, "time", fake)
    return clock


class TestFirstLoad:
    @pytest.mark.requirement("OPS-01")
    def test_bad_keys_raise_with_fault_and_cure(self, source: Source) -> None:
        """WSGI servers run no checks: the first request must say it."""
        source.keys = [GOOD[1]]

        with pytest.raises(ImproperlyConfigured) as caught:
            key_source.key_ring(NOW)

        assert "JWTAUTH['KEYS']: No key with use 'sig'" in str(caught.value)
        assert "jwtauth_keys init" in str(caught.value)

    def test_bad_keys_are_read_again_at_the_next_request(self, source: Source) -> None:
        """Once they are mended, no restart is needed."""
        source.keys = []
        with pytest.raises(ImproperlyConfigured):
            key_source.key_ring(NOW)

        source.keys = GOOD

        assert key_source.key_ring(NOW).signing_key(NOW).kid == GOOD[0]["kid"]

    def test_threads_that_start_together_read_once(self, source: Source) -> None:
        """A secrets manager may count its calls, and takes its time for them."""
        source.before = lambda: sleep(0.05)

        with ThreadPoolExecutor(8) as pool:
            rings = list(pool.map(key_source.key_ring, [NOW] * 8))

        assert source.calls == 1
        assert len(set(rings)) == 1

    def test_refresh_keys_come_from_the_same_reading(self, source: Source) -> None:
        """Both rings change in one step."""
        key_source.key_ring(NOW)

        assert key_source.refresh_keys(NOW).current(NOW)
        assert source.calls == 1

    def test_keys_follow_override_settings(self) -> None:
        """Tests of a project need no reload."""
        with jwtauth(KEYS=GOOD):
            first = key_source.key_ring(NOW)
        with jwtauth(KEYS=[jwk_of("Ed25519"), GOOD[1]]):
            second = key_source.key_ring(NOW)

        assert first.signing_key(NOW).kid == key_of("ES256").kid
        assert second.signing_key(NOW).kid == key_of("Ed25519").kid


class TestReload:
    def test_keys_are_not_read_again_within_the_interval(
        self, source: Source, clock: SimpleNamespace
    ) -> None:
        """Requests cost no reading of files."""
        key_source.key_ring(NOW)
        clock.now += 59.9

        key_source.key_ring(NOW)

        assert source.calls == 1

    def test_reload_that_finds_nothing_new_keeps_the_ring(
        self, source: Source, clock: SimpleNamespace
    ) -> None:
        """What was proven under it need not be proven again every minute."""
        ring = key_source.key_ring(NOW)

        clock.now += 60
        reloaded = key_source.key_ring(NOW)

        assert source.calls == 2
        assert reloaded is ring

    def test_reload_that_finds_another_end_makes_a_new_ring(
        self, source: Source, clock: SimpleNamespace
    ) -> None:
        """A key that was retired meanwhile must not live on."""
        ring = key_source.key_ring(NOW)
        source.keys = [{**GOOD[0], "verifies_until": NOW + 1}, GOOD[1]]

        clock.now += 60

        assert key_source.key_ring(NOW) is not ring

    @pytest.mark.requirement("KEY-09")
    def test_new_keys_are_there_after_the_interval(
        self, source: Source, clock: SimpleNamespace
    ) -> None:
        """Rotation needs no restart."""
        key_source.key_ring(NOW)
        source.keys = [*GOOD, jwk_of("Ed25519", signs_from=1)]
        clock.now += 60

        ring = key_source.key_ring(NOW)

        assert ring.signing_key(NOW).kid == key_of("Ed25519").kid
        assert source.calls == 2

    @pytest.mark.parametrize("fault", ["raises", "bad keys", "no keys"])
    def test_failing_reload_keeps_the_last_good_ring_and_logs(
        self,
        fault: str,
        source: Source,
        clock: SimpleNamespace,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """A secrets manager that is down must not log everybody out."""
        ring = key_source.key_ring(NOW)
        source.error = RuntimeError("down") if fault == "raises" else None
        source.keys = {"bad keys": [*GOOD, {}], "no keys": []}.get(fault)
        clock.now += 60

        with caplog.at_level(logging.ERROR, "jwtauth.keys"):
            kept = key_source.key_ring(NOW)

        assert kept is ring
        assert [record.levelname for record in caplog.records] == ["ERROR"]

    def test_failing_reload_keeps_the_words_of_the_failure_out_of_the_log(
        self, source: Source, clock: SimpleNamespace, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Validators quote what they refuse: here that is a secret."""
        key_source.key_ring(NOW)
        source.error = ValueError("input_value={'k': 'a secret'}")
        clock.now += 60

        with caplog.at_level(logging.ERROR, "jwtauth.keys"):
            key_source.key_ring(NOW)

        assert "ValueError" in caplog.text
        assert "a secret" not in caplog.text

    def test_failing_reload_names_the_file_in_the_log(
        self, tmp_path: Path, clock: SimpleNamespace, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Somebody has to find it."""
        for number, jwk in enumerate(GOOD):
            (tmp_path / f"{number}.json").write_text(json.dumps(jwk))
        with jwtauth(KEYS=tmp_path):
            ring = key_source.key_ring(NOW)
            (tmp_path / "broken.json").write_text("{")
            clock.now += 60

            assert key_source.key_ring(NOW) is ring

        assert str(tmp_path / "broken.json") in caplog.text

    def test_failing_reload_is_tried_again_once_an_interval(
        self, source: Source, clock: SimpleNamespace
    ) -> None:
        """Neither at every request nor never again."""
        key_source.key_ring(NOW)
        source.error = RuntimeError("down")
        clock.now += 60
        key_source.key_ring(NOW)
        key_source.key_ring(NOW)
        assert source.calls == 2

        source.error, source.keys = None, [jwk_of("Ed25519"), GOOD[1]]
        clock.now += 60

        assert key_source.key_ring(NOW).signing_key(NOW).kid == key_of("Ed25519").kid

    def test_one_thread_reloads_while_others_go_on(
        self, source: Source, clock: SimpleNamespace
    ) -> None:
        """A slow secrets manager must not stop every request."""
        old = key_source.key_ring(NOW)
        started, may_end = threading.Event(), threading.Event()
        source.before = lambda: (started.set(), may_end.wait(10))
        source.keys = [*GOOD, jwk_of("Ed25519", signs_from=1)]
        clock.now += 60

        with ThreadPoolExecutor(1) as pool:
            reloading = pool.submit(key_source.key_ring, NOW)
            assert started.wait(10)
            meanwhile = [key_source.key_ring(NOW) for _ in range(5)]
            may_end.set()
            new = reloading.result(10)

        assert set(meanwhile) == {old}
        assert new.signing_key(NOW).kid == key_of("Ed25519").kid
        assert source.calls == 2

    def test_thread_that_comes_late_does_not_reload_again(
        self,
        source: Source,
        clock: SimpleNamespace,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """It found the ring stale, but another thread was faster to the lock."""
        key_source.key_ring(NOW)
        clock.now += 60
        monkeypatch.setattr(key_source, "_lock", _LockThatAnotherThreadHadFirst())

        key_source.key_ring(NOW)

        assert source.calls == 2


class _LockThatAnotherThreadHadFirst:
    def acquire(self, *, blocking: bool) -> bool:
        key_source._load(NOW)
        return True

    def release(self) -> None:
        pass


class TestFork:
    def test_child_reads_keys_whoever_was_reading_them_in_its_parent(self) -> None:
        """It would never learn of another key, nor that one was withdrawn."""
        done = subprocess.run(  # noqa: S603 # our own program
            [sys.executable, "-c", FORK, json.dumps(GOOD), json.dumps(OTHERS)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert done.stdout == f"{key_of('Ed25519').kid}\n", done.stderr


OTHERS = [jwk_of("Ed25519"), GOOD[1]]
FORK = """
import json, os, sys, threading
from datetime import timedelta
from django.conf import settings
good, others = map(json.loads, sys.argv[1:])
reached, answers = threading.Event(), [good, None, others]
def source():
    keys = answers.pop(0)
    if keys is None:
        reached.set()
        threading.Event().wait()
    return keys
settings.configure(
    SECRET_KEY="x" * 50,
    CACHES={"default": {}},
    JWTAUTH={
        "ISSUER": "x",
        "AUDIENCE": "y",
        "KEYS": source,
        "KEY_RELOAD_INTERVAL": timedelta(microseconds=1),
    },
)
from jwtauth.stores import key_source
key_source.key_ring(0)
threading.Thread(target=key_source.key_ring, args=[0], daemon=True).start()
reached.wait()
if os.fork() == 0:
    print(key_source.key_ring(0).signing_key(0).kid, flush=True)
    os._exit(0)
os.wait()
os._exit(0)
"""
