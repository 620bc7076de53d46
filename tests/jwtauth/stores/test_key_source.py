"""Where keys come from, when they are read again, and what a failure leaves."""

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
from django.test import override_settings

from jwtauth.core.keys import KeyUse
from jwtauth.exceptions import KeyRefused
from jwtauth.stores import key_source
from tests import signing_keys
from tests.jwtauth.conftest import jwtauth
from tests.jwtauth.core.key_box import jwk_of, key_of, secret_jwk

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


def write(directory: Path, **files: object) -> Path:
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (directory / f"{name}.json").write_text(text, "utf-8")
    return directory


def kids(source: Any) -> list[str]:  # noqa: ANN401 # any source of keys
    ring, problems = key_source.load_ring(source, NOW)
    assert problems == []
    return [key.kid for key in ring]


def only_problem(source: Any) -> KeyRefused:  # noqa: ANN401 # any source of keys
    _ring, (problem,) = key_source.load_ring(source, NOW)
    return problem


class TestSources:
    def test_keys_of_a_directory_are_its_json_files(self, tmp_path: Path) -> None:
        """Half-written files and notes beside them are no keys."""
        write(tmp_path, b=GOOD[0], a=GOOD[1])
        (tmp_path / "README").write_text("no key")
        (tmp_path / ".new.tmp").write_text("{")

        assert kids(tmp_path) == [GOOD[1]["kid"], GOOD[0]["kid"]]

    def test_keys_of_a_list_are_its_items(self) -> None:
        """For settings that hold the keys themselves."""
        assert kids(GOOD) == [jwk["kid"] for jwk in GOOD]

    @pytest.mark.parametrize("kind", [list, tuple])
    def test_keys_of_a_callable_are_what_it_returns(
        self, kind: Callable[[Any], Any]
    ) -> None:
        """For a secrets manager."""
        assert kids(lambda: kind(GOOD)) == [jwk["kid"] for jwk in GOOD]

    def test_keys_of_a_dotted_path_are_those_of_the_callable(self) -> None:
        """Settings files import little."""
        expected = [jwk["kid"] for jwk in signing_keys.load()]

        assert kids("tests.signing_keys.load") == expected


class TestProblems:
    def test_missing_directory_is_named_with_its_cure(self, tmp_path: Path) -> None:
        """A new deployment starts here."""
        problem = only_problem(tmp_path / "keys")

        assert problem.code == "no_directory"
        assert f"{tmp_path / 'keys'} does not exist" in str(problem)
        assert "jwtauth_keys init" in problem.hint

    def test_directory_that_is_a_file_is_named(self, tmp_path: Path) -> None:
        """What was meant was the directory around it, or the list in it."""
        file = write(tmp_path, keys=GOOD) / "keys.json"

        assert f"{file} is not a directory" in str(only_problem(file))

    @pytest.mark.parametrize(
        "content",
        ["", "{", "[]", '"text"', "null", "[" * 10**5, "\ud800"],
        ids=lambda text: repr(text[:6]),
    )
    def test_broken_file_is_named(self, tmp_path: Path, content: str) -> None:
        """Which of the files is it?"""
        path = tmp_path / "broken.json"
        path.write_bytes(content.encode("utf-8", "surrogatepass"))

        problem = only_problem(write(tmp_path, a=GOOD[0], b=GOOD[1]))

        assert problem.code == "unreadable"
        assert str(path) in str(problem)
        assert problem.hint

    @pytest.mark.parametrize("content", ["[]", '"text"', "null"])
    def test_file_that_holds_no_object_has_its_own_cure(
        self, tmp_path: Path, content: str
    ) -> None:
        """A JWK Set in one file is readable, but not one key."""
        problem = only_problem(write(tmp_path, a=GOOD[0], b=GOOD[1], c=content))

        assert "one private JWK into each file" in problem.hint

    def test_file_that_is_a_directory_is_named(self, tmp_path: Path) -> None:
        """Unreadable in a way that holds for root, too."""
        (tmp_path / "odd.json").mkdir()

        problem = only_problem(write(tmp_path, a=GOOD[0], b=GOOD[1]))

        assert f"{tmp_path / 'odd.json'} is not a readable" in str(problem)

    def test_key_that_may_not_be_used_is_named_by_its_file(
        self, tmp_path: Path
    ) -> None:
        """The rule that it breaks is the core's; where it is, only we know."""
        weak = {**GOOD[0], "use": "enc"}

        problem = only_problem(write(tmp_path, weak=weak, b=GOOD[1]))

        assert str(problem).startswith(f"{tmp_path / 'weak.json'}: ")
        assert problem.code == "wrong_use"

    def test_keys_beside_a_broken_file_are_read(self, tmp_path: Path) -> None:
        """Whoever lists keys wants to see those that are well."""
        write(tmp_path, a="{", b=GOOD[0], c=[])

        ring, problems = key_source.load_ring(tmp_path, NOW)

        assert [key.kid for key in ring] == [GOOD[0]["kid"]]
        assert [problem.code for problem in problems] == ["unreadable", "unreadable"]

    @pytest.mark.parametrize("jwk", ["text", None, 5, ["k"]], ids=repr)
    def test_item_that_is_no_object_is_named_by_its_number(self, jwk: object) -> None:
        """In a list there is no other name."""
        problem = only_problem([*GOOD, jwk])

        assert str(problem) == "key number 3: not a JSON object."

    @pytest.mark.parametrize("path", ["no.such.module", "tests.no_such_name", "keys.d"])
    def test_dotted_path_that_leads_nowhere_is_named(self, path: str) -> None:
        """It may also have been meant as a directory."""
        problem = only_problem(path)

        assert repr(path) in str(problem)
        assert "pathlib.Path" in problem.hint

    @pytest.mark.requirement("KEY-13")
    def test_callable_that_fails_is_named_without_its_words(
        self, source: Source
    ) -> None:
        """An error of a secrets manager may tell the secret."""
        source.error = RuntimeError("hunter2")

        problem = only_problem(source)

        assert "RuntimeError" in str(problem)
        assert "hunter2" not in f"{problem}{problem.hint}"

    @pytest.mark.parametrize("value", [None, 5, "text", {"keys": GOOD}, iter(GOOD)])
    def test_callable_that_returns_no_list_is_one_problem(
        self, source: Source, value: object
    ) -> None:
        """A whole JWK Set is the likeliest mistake."""
        source.keys = value

        assert "returned no list" in str(only_problem(source))

    @pytest.mark.requirement("KEY-07")
    @pytest.mark.parametrize("kind", [str, bytes])
    def test_secret_key_of_django_is_refused(self, kind: type) -> None:
        """No key serves two purposes; Django takes the setting as text or bytes."""
        text = "".join(chr(33 + number) for number in range(40))
        secret = text if kind is str else text.encode()

        with override_settings(SECRET_KEY=secret):
            problem = only_problem([GOOD[0], secret_jwk(text.encode(), KeyUse.REFRESH)])

        assert problem.code == "secret_key_reused"

    def test_refresh_keys_that_tokens_can_not_tell_apart_are_a_problem(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It takes 65536 pairs to happen and would lock out everybody."""
        monkeypatch.setattr("jwtauth.core.refresh_token.key_hint", lambda _key: b"xx")
        other = secret_jwk(bytes(range(40, 80)), KeyUse.REFRESH)

        problem = only_problem([*GOOD, other])

        assert problem.code == "ambiguous_refresh_key"


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
        write(tmp_path, a=GOOD[0], b=GOOD[1])
        with jwtauth(KEYS=tmp_path):
            ring = key_source.key_ring(NOW)
            write(tmp_path, c="{")
            clock.now += 60

            assert key_source.key_ring(NOW) is ring

        assert str(tmp_path / "c.json") in caplog.text

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
