"""``jwtauth_keys``: makes, lists and rotates keys, and says in one line why not."""

import json
import os
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.management import CommandError, call_command, execute_from_command_line

from jwtauth.core import codec
from jwtauth.core.claims import AccessClaims, parse_claims
from jwtauth.core.jwk_set import jwks
from jwtauth.core.keys import Key, KeyRing, KeyUse
from jwtauth.core.refresh_token import RefreshKeys, RefreshToken
from jwtauth.exceptions import KeyUnknown
from jwtauth.management.commands import jwtauth_keys
from jwtauth.stores import key_directory
from jwtauth.stores.private_keys import load_ring
from tests.jwtauth.caller import Caller
from tests.jwtauth.conftest import jwtauth
from tests.jwtauth.core.key_box import jwk_of
from tests.jwtauth.core.raw_tokens import CLAIMS, POLICY, verify

NOW = 1_800_000_000
OVERLAP = 600
MAX_AGE = OVERLAP // 2  # of the JWKS
LIFETIME, LEEWAY = 900, 5
IDLE, MARGIN = 7 * 24 * 3600, 3600
PRIVATE_MEMBERS = {"d", "k"}
EVERY_ACTION = [["init"], ["list"], ["rotate"], ["retire", "kid"]]


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """The configured key directory; it is not there yet."""
    path = tmp_path / "new" / "keys"
    with jwtauth(KEYS=path):
        yield path


@pytest.fixture
def keys(directory: Path) -> Path:
    """The key directory with its first two keys."""
    run("init")
    return directory


@pytest.fixture
def every_key(keys: Path) -> Iterator[Path]:
    """The key directory of a deployment that encrypts its access tokens."""
    with jwtauth(KEYS=keys, ENCRYPTION=True):
        run("init")
        yield keys


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The command's clock, moved by hand."""
    clock = SimpleNamespace(now=float(NOW))
    fake = SimpleNamespace(time=lambda: clock.now)
    monkeypatch.setattr(jwtauth_keys, "time", fake)
    return clock


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("jwtauth_keys", *arguments, stdout=output)
    return output.getvalue()


def complaint(*arguments: str) -> str:
    """Return the one line that the command fails with."""
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    text = str(caught.value)
    assert "\n" not in text
    return text


def files(directory: Path) -> dict[str, dict[str, Any]]:
    return {p.name: json.loads(p.read_text()) for p in directory.glob("*.json")}


def ring_of(directory: Path, now: float) -> KeyRing:
    ring, problems = load_ring(directory, now)
    assert problems == []
    return ring


def new_jwk(use: KeyUse) -> dict[str, Any]:
    """Return a JWK whose name is no option on a command line."""
    alg = "ES256" if use is KeyUse.SIG else "HS256"
    return key_directory.new_jwk(alg, use, KeyRing([]))


def only_key(directory: Path, use: KeyUse) -> dict[str, Any]:
    """Return the JWK of the one key with ``use``."""
    (jwk,) = [jwk for jwk in files(directory).values() if jwk["use"] == use]
    return jwk


def superseded(directory: Path, clock: SimpleNamespace) -> Key:
    """Rotate, wait until the next key signs, and return the old one."""
    old = ring_of(directory, clock.now).signing_key(clock.now)
    run("rotate")
    clock.now += OVERLAP
    return old


def fail_after(survived: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every write fail but the first ones."""
    write, done = key_directory._write, []

    def write_or_fail(*args: object, **kwargs: object) -> object:
        if len(done) == survived:
            raise OSError(5, "Input/output error")
        done.append(args)
        return write(*args, **kwargs)

    monkeypatch.setattr(key_directory, "_write", write_or_fail)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestInit:
    def test_init_makes_a_signing_and_a_refresh_key(self, directory: Path) -> None:
        """Everything that the first login needs."""
        output = run("init")

        made = {jwk["use"]: jwk["alg"] for jwk in files(directory).values()}
        assert made == {"sig": "ES256", "refresh": "HS256"}
        for name in files(directory):
            assert name in output

    @pytest.mark.requirement("KEY-08")
    def test_init_makes_keys_that_pass_the_checks(self, keys: Path) -> None:
        """Init, then start: nothing else is to be done."""
        assert run_checks(databases=["default"]) == []

    @pytest.mark.parametrize("alg", ["Ed25519", "EdDSA", "PS256", "HS256"])
    def test_init_makes_the_algorithm_asked_for(
        self, directory: Path, alg: str
    ) -> None:
        """The refresh key is symmetric in any case."""
        run("init", "--alg", alg)

        ring = ring_of(directory, NOW)
        assert ring.signing_key(NOW).alg == alg
        assert ring.refresh_key(NOW).alg == "HS256"

    def test_init_with_unknown_algorithm_is_refused(self, directory: Path) -> None:
        """The list of algorithms is the core's."""
        assert "none" in complaint("init", "--alg", "none")
        assert not directory.exists()

    def test_init_twice_changes_nothing(self, keys: Path) -> None:
        """Deployment scripts run it every time."""
        before = {path: path.read_bytes() for path in keys.iterdir()}

        output = run("init")

        assert {path: path.read_bytes() for path in keys.iterdir()} == before
        assert output.count("already") == 2

    @pytest.mark.parametrize("use", [KeyUse.SIG, KeyUse.REFRESH])
    def test_init_makes_the_key_that_is_missing(self, keys: Path, use: KeyUse) -> None:
        """It is also the cure that the checks name."""
        (path,) = keys.glob(f"{use}-*.json")
        path.unlink()
        kept = set(keys.iterdir())

        run("init")

        assert kept < set(keys.iterdir())
        assert ring_of(keys, NOW)

    def test_init_makes_a_key_where_the_last_one_has_ended(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """A file that lies there signs nothing; init is the cure that is named."""
        jwk = only_key(keys, KeyUse.SIG)
        path = keys / f"sig-{jwk['kid']}.json"
        path.write_text(json.dumps({**jwk, "verifies_until": NOW - 1}))

        run("init")

        assert ring_of(keys, NOW).signing_key(NOW).kid != jwk["kid"]

    def test_name_of_a_new_key_is_no_option(
        self, directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One name in 64 begins with a dash: it could not be retired by that name."""
        dashed = {"kid": "-dashed", "use": "sig"}
        made = [dashed, new_jwk(KeyUse.SIG), dashed, new_jwk(KeyUse.REFRESH)]
        monkeypatch.setattr(key_directory, "generate_jwk", lambda *_: made.pop(0))

        run("init")

        assert "-dashed" not in {jwk["kid"] for jwk in files(directory).values()}
        assert made == []

    @pytest.mark.requirement("KEY-13")
    def test_files_are_their_owners_alone(self, directory: Path) -> None:
        """Whatever the umask: these are private keys."""
        before = os.umask(0)
        try:
            run("init")
        finally:
            os.umask(before)

        assert mode(directory) == 0o700
        assert {mode(path) for path in directory.iterdir()} == {0o600}

    def test_init_leaves_nothing_unfinished(self, keys: Path) -> None:
        """A process that reloads now must not meet half a file."""
        assert {path.name for path in keys.iterdir()} == {*files(keys), ".lock"}

    def test_file_that_can_not_be_finished_is_taken_away(
        self, directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A full disk leaves no half key behind, and one line."""

        def full(_descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)

        assert "No space left on device" in complaint("init")
        assert {path.name for path in directory.iterdir()} == {".lock"}


class TestEncryption:
    def test_init_makes_an_encryption_key_where_tokens_are_encrypted(
        self, keys: Path
    ) -> None:
        """To switch it on is one setting and one command; nobody else needs the key."""
        before = set(keys.iterdir())
        with jwtauth(KEYS=keys, ENCRYPTION=True):
            (missing,) = run_checks(databases=["default"])
            run("init")
            (path,) = set(keys.iterdir()) - before

            assert "use 'enc'" in missing.msg
            assert json.loads(path.read_text())["alg"] == "A256GCM"
            assert run_checks(databases=["default"]) == []

    def test_rotate_encryption_key_old_one_decrypts_until_its_tokens_are_gone(
        self, every_key: Path, clock: SimpleNamespace
    ) -> None:
        """Rotation logs nobody out, and ends."""
        policy = replace(POLICY, encryption=True)
        run("rotate", "--use", "enc")
        ring = ring_of(every_key, NOW)
        old, new = ring.living(KeyUse.ENC, NOW)
        last = NOW + OVERLAP - 1

        token = codec.issue(
            parse_claims({**CLAIMS, "iat": last, "exp": last + LIFETIME}),
            ring=ring,
            policy=policy,
            now=last,
        )

        dies = last + LIFETIME + LEEWAY
        assert verify(token, ring=ring, policy=policy, now=dies - 1)
        assert ring.current(KeyUse.ENC, last) == old
        assert ring.current(KeyUse.ENC, last + 1) == new
        assert ring.decryption_key(old.kid, dies + LEEWAY + 1) is None


class TestList:
    @pytest.mark.requirement("KEY-13")
    def test_list_shows_names_and_never_secrets(self, keys: Path) -> None:
        """It is run in front of others and pasted into tickets."""
        output = run("list")

        for jwk in files(keys).values():
            assert jwk["kid"] in output and jwk["alg"] in output
            for name in PRIVATE_MEMBERS & set(jwk):
                assert jwk[name] not in output

    def test_list_says_what_each_key_does_now(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """Who rotates wants to see when what happens."""
        run("rotate")
        published = run("list")
        clock.now += OVERLAP
        superseded = run("list")
        clock.now += LIFETIME + 2 * LEEWAY
        expired = run("list")

        assert published.count("next: signs from 2027-01-15 08:10:00 UTC") == 1
        assert superseded.count("verifies until 2027-01-15 08:25:10 UTC") == 1
        assert superseded.count("  signs\n") == 2  # the new one and the refresh key
        assert expired.count("  expired\n") == 1

    def test_list_shows_good_keys_beside_a_broken_file(self, keys: Path) -> None:
        """Whoever looks for the bad one wants to see the good ones, too."""
        (keys / "broken.json").write_text("{")
        output = StringIO()

        with pytest.raises(CommandError, match=r"broken\.json"):
            call_command("jwtauth_keys", "list", stdout=output)

        assert len(output.getvalue().splitlines()) == 2


def access_token(ring: KeyRing, now: float) -> str:
    """Return the last token that may be signed at ``now``."""
    claims = AccessClaims(
        issuer=POLICY.issuer,
        audience=(POLICY.audience,),
        subject="1",
        client_id="first-party",
        issued_at=now,
        expires_at=now + LIFETIME,
        jti="jti",
        sid=CLAIMS["sid"],
        auth_time=now,
    )
    return codec.sign(claims, ring.signing_key(now))


class TestRotate:
    @pytest.mark.requirement("JWK-06", "KEY-09")
    def test_next_key_is_published_and_verifies_before_it_signs(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """Every verifier knows it by the time its first token comes."""
        old = ring_of(keys, NOW).signing_key(NOW)
        run("rotate")

        ring = ring_of(keys, NOW)
        (new,) = [key for key in ring.living(KeyUse.SIG, NOW) if key.kid != old.kid]
        published = {jwk["kid"] for jwk in jwks(ring, NOW)["keys"]}

        assert published == {old.kid, new.kid}
        assert ring.verification_key(new.kid, NOW) == new
        assert ring.signing_key(NOW + OVERLAP - 1).kid == old.kid
        assert ring.signing_key(NOW + OVERLAP).kid == new.kid
        assert new.alg == old.alg

    @pytest.mark.requirement("JWK-06")
    def test_next_key_is_known_for_all_of_the_overlap(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """Dates have whole seconds; an overlap of one must not become none."""
        clock.now += 0.9

        run("rotate")

        starts = max(jwk.get("signs_from", 0) for jwk in files(keys).values())
        assert starts - clock.now >= OVERLAP

    @pytest.mark.requirement("JWK-06", "KEY-09")
    def test_old_key_verifies_until_its_last_token_is_gone(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """Rotation logs nobody out, and ends."""
        run("rotate")
        ring = ring_of(keys, NOW)
        last = NOW + OVERLAP - 1
        token = access_token(ring, last)
        dies = last + LIFETIME + LEEWAY

        verified = verify(token, ring=ring, policy=POLICY, now=dies - 1)

        assert verified.subject == "1"
        assert len(ring.living(KeyUse.SIG, dies + 2 * LEEWAY)) == 1

    @pytest.mark.requirement("JWK-06", "KEY-09")
    def test_rotation_after_rotation_refuses_no_token_and_surprises_nobody(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """The clock goes through it all: what is signed verifies to its last second."""
        tokens: dict[float, str] = {}
        published: dict[float, set[str]] = {}

        for minute in range(120):
            clock.now = now = float(NOW + 60 * minute)
            if minute % 25 == 5:
                run("rotate")
            ring = ring_of(keys, now)
            published[now] = {jwk["kid"] for jwk in jwks(ring, now)["keys"]}
            tokens[now] = access_token(ring, now)

            for issued, token in tokens.items():
                if now < issued + LIFETIME:
                    assert verify(token, ring=ring, policy=POLICY, now=now)
            known_before = published.get(now - MAX_AGE, published[now])
            assert ring.signing_key(now).kid in known_before

        assert len(files(keys)) == 7  # five rotations, and no key but the last stays
        assert len(ring.living(KeyUse.SIG, now + 2 * LIFETIME)) == 1

    def test_superseded_refresh_key_verifies_for_the_idle_timeout(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """A token that was just issued under it may come a week later."""
        run("rotate", "--use", "refresh")
        refresh_keys = RefreshKeys(ring_of(keys, NOW))
        old = refresh_keys.current(NOW)
        token = old.encode(RefreshToken(sid=bytes(16), generation=0, secret=bytes(32)))
        starts = NOW + OVERLAP

        assert refresh_keys.current(starts - 1) is old
        assert refresh_keys.current(starts) is not old
        assert refresh_keys.parse(token, starts + IDLE + MARGIN - 1)
        with pytest.raises(KeyUnknown):
            refresh_keys.parse(token, starts + IDLE + MARGIN)

    def test_rotation_of_one_use_leaves_the_other_alone(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """A signing key is renewed often, a refresh key seldom."""
        (path,) = keys.glob("refresh-*.json")
        before = path.read_bytes()

        run("rotate")

        assert path.read_bytes() == before

    def test_rotating_again_waits_for_the_next_key(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """Twice in a row must not supersede a key that never signed."""
        run("rotate")
        before = files(keys)

        assert "has yet to sign" in complaint("rotate")
        assert files(keys) == before
        clock.now += OVERLAP
        run("rotate")
        assert len(files(keys)) == len(before) + 1

    def test_rotated_files_are_their_owners_alone(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """Also the one that was written anew."""
        run("rotate")

        assert {mode(path) for path in keys.iterdir()} == {0o600}
        assert len(files(keys)) == 3

    def test_superseded_file_keeps_its_name_and_members(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """Nothing but the date is new: configuration management compares files."""
        (path,) = keys.glob("sig-*.json")
        before = json.loads(path.read_text())

        run("rotate")

        after = json.loads(path.read_text())
        ends = NOW + OVERLAP + LIFETIME + 2 * LEEWAY
        assert after == {**before, "verifies_until": ends}

    @pytest.mark.parametrize("survived", [0, 1])
    def test_rotation_that_breaks_off_leaves_a_key_that_signs(
        self,
        keys: Path,
        clock: SimpleNamespace,
        monkeypatch: pytest.MonkeyPatch,
        survived: int,
    ) -> None:
        """The successor first, then the old key's end, whichever write fails."""
        fail_after(survived, monkeypatch)

        assert "Input/output error" in complaint("rotate")
        assert ring_of(keys, NOW).signing_key(NOW + 10**9)

    def test_rotation_after_one_that_broke_off_gives_every_older_key_an_end(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """Else the oldest would verify for ever."""
        (oldest,) = [kid for kid in files(keys) if kid.startswith("sig-")]
        untouched = (keys / oldest).read_bytes()
        run("rotate")
        (keys / oldest).write_bytes(untouched)  # as if its end had not been written
        clock.now += 10**4

        run("rotate")

        without_end = [
            name
            for name, jwk in files(keys).items()
            if jwk["use"] == "sig" and "verifies_until" not in jwk
        ]
        assert len(without_end) == 1
        assert oldest not in without_end

    def test_next_refresh_key_is_one_that_tokens_can_tell_apart(
        self, keys: Path, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two keys in 65536 have the same two bytes: then another is made."""
        (path,) = keys.glob("refresh-*.json")
        twin, fresh = json.loads(path.read_text()), jwk_of("HS256", KeyUse.REFRESH)
        made = iter([twin, twin, fresh])
        monkeypatch.setattr(key_directory, "generate_jwk", lambda *_: dict(next(made)))

        run("rotate", "--use", "refresh")

        assert keys / f"refresh-{fresh['kid']}.json" in set(keys.iterdir())

    @pytest.mark.parametrize("action", [["list"], ["rotate"]], ids=" ".join)
    def test_directory_without_keys_names_the_cure(
        self, directory: Path, action: list[str]
    ) -> None:
        """There is nothing yet to list or to rotate."""
        assert "jwtauth_keys init" in complaint(*action)
        directory.mkdir(parents=True)
        assert "jwtauth_keys init" in complaint(*action)


class TestRetire:
    @pytest.mark.requirement("KEY-09")
    def test_retired_key_verifies_nothing_from_now_on(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """It leaked: whoever has it must not sign for an instant longer."""
        old = ring_of(keys, NOW).signing_key(NOW)
        token = access_token(ring_of(keys, NOW), NOW)
        run("rotate")
        clock.now += OVERLAP

        run("retire", old.kid)

        ring = ring_of(keys, clock.now)
        with pytest.raises(KeyUnknown):
            verify(token, ring=ring, policy=POLICY, now=clock.now)
        assert old.kid not in {jwk["kid"] for jwk in jwks(ring, clock.now)["keys"]}

    @pytest.mark.requirement("KEY-09")
    def test_retired_signing_key_is_refused_at_the_next_reload(
        self, keys: Path, alice: User, caller: Caller
    ) -> None:
        """No restart: its tokens are 401, clients refresh and go on."""
        with jwtauth(KEYS=keys, KEY_RELOAD_INTERVAL=timedelta(microseconds=1)):
            tokens = caller.login(alice)
            assert caller.me(tokens["access"]).status_code == 200

            run("retire", only_key(keys, KeyUse.SIG)["kid"], "--replace")

            assert caller.me(tokens["access"]).status_code == 401
            access = caller.refreshed(tokens["refresh"])["access"]
            assert caller.me(access).status_code == 200

    @pytest.mark.requirement("KEY-09")
    def test_retired_refresh_key_ends_logins_at_the_next_reload(
        self, keys: Path, alice: User, caller: Caller
    ) -> None:
        """Whoever has the key could make tokens; nobody may use them."""
        with jwtauth(KEYS=keys, KEY_RELOAD_INTERVAL=timedelta(microseconds=1)):
            token = caller.login(alice)["refresh"]

            run("retire", only_key(keys, KeyUse.REFRESH)["kid"], "--replace")

            assert caller.refresh(token).status_code == 401
            assert caller.refresh(caller.login(alice)["refresh"]).status_code == 200

    def test_retired_key_stays_listed(self, keys: Path, clock: SimpleNamespace) -> None:
        """Whoever looks into the leak wants to see what became of the key."""
        old = superseded(keys, clock)

        run("retire", old.kid)

        (line,) = [text for text in run("list").splitlines() if old.kid in text]
        assert line.endswith("expired")

    def test_retiring_twice_changes_nothing(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """Two operators, or a script that is run again."""
        old = superseded(keys, clock)
        run("retire", old.kid)
        before = files(keys)
        clock.now += 5

        output = run("retire", old.kid)

        assert "has ended already" in output
        assert files(keys) == before

    @pytest.mark.parametrize("use", list(KeyUse))
    def test_last_key_that_signs_is_not_retired(
        self, every_key: Path, clock: SimpleNamespace, use: KeyUse
    ) -> None:
        """Nobody could log in any more."""
        before = files(every_key)

        text = complaint("retire", only_key(every_key, use)["kid"])

        assert "--replace" in text and f"rotate --use {use}" in text
        assert files(every_key) == before

    def test_key_is_not_retired_while_the_other_has_an_end(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """The old key's end would come, and no key would sign."""
        run("rotate")
        published = ring_of(keys, NOW).signing_key(NOW + OVERLAP)

        assert "--replace" in complaint("retire", published.kid)

    def test_key_is_not_retired_before_the_next_one_signs(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """Until then no key would."""
        old = ring_of(keys, NOW).signing_key(NOW)
        run("rotate")

        assert "--replace" in complaint("retire", old.kid)

    @pytest.mark.parametrize("use", list(KeyUse))
    def test_replaced_key_has_a_successor_that_signs_at_once(
        self, every_key: Path, clock: SimpleNamespace, use: KeyUse
    ) -> None:
        """A leak can't wait for the overlap; what that costs is said."""
        old = only_key(every_key, use)

        output = run("retire", old["kid"], "--replace")

        ring = ring_of(every_key, NOW)
        (living,) = ring.living(use, NOW)
        assert living.has_started(NOW) and living.alg == old["alg"]
        assert f"{living.kid}.json, which signs at once" in output
        assert "has not reloaded yet refuses its tokens" in output

    def test_replace_makes_no_key_where_another_signs(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """A key that everybody knows is better than one that nobody knows."""
        old = superseded(keys, clock)
        before = set(files(keys))

        run("retire", old.kid, "--replace")

        assert set(files(keys)) == before

    @pytest.mark.parametrize("survived", [0, 1])
    def test_replacement_that_breaks_off_leaves_a_key_that_signs(
        self,
        keys: Path,
        clock: SimpleNamespace,
        monkeypatch: pytest.MonkeyPatch,
        survived: int,
    ) -> None:
        """The successor first, then the end, whichever write fails."""
        fail_after(survived, monkeypatch)

        text = complaint("retire", only_key(keys, KeyUse.SIG)["kid"], "--replace")

        assert "Input/output error" in text
        assert ring_of(keys, NOW).signing_key(NOW + 10**9)

    def test_retired_refresh_key_is_said_to_end_logins(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """It is the one thing to know before it is done, and after."""
        kid = only_key(keys, KeyUse.REFRESH)["kid"]

        refused = complaint("retire", kid)
        done = run("retire", kid, "--replace")

        assert refused.startswith("Nothing has changed")
        assert "its user logs in again" in refused
        assert "its user logs in again" in done

    def test_beginning_of_one_name_is_enough(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """43 characters are much to type in an emergency."""
        old = superseded(keys, clock)
        others = {jwk["kid"] for jwk in files(keys).values()} - {old.kid}
        length = next(
            n for n in range(1, 43) if not any(k[:n] == old.kid[:n] for k in others)
        )

        run("retire", old.kid[:length])

        assert not ring_of(keys, clock.now).verification_key(old.kid, clock.now)

    @pytest.mark.parametrize("kid", ["", "no-such-key"])
    def test_name_that_is_not_one_key_is_refused(
        self, keys: Path, clock: SimpleNamespace, kid: str
    ) -> None:
        """Nothing that the operator did not mean is ended."""
        before = files(keys)

        assert "jwtauth_keys list" in complaint("retire", kid)
        assert files(keys) == before

    def test_name_that_begins_with_a_dash_is_written_behind_two(
        self, keys: Path, clock: SimpleNamespace
    ) -> None:
        """One name in 64 begins so, and would be taken for an option."""
        assert "'-no-such-key'" in complaint("retire", "--", "-no-such-key")

    def test_two_who_retire_at_once_leave_a_key_that_signs(
        self, keys: Path, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each would rely on the key that the other one ends."""
        (keys / "other.json").write_text(json.dumps(new_jwk(KeyUse.SIG)))
        kids = [key.kid for key in ring_of(keys, NOW).living(KeyUse.SIG, NOW)]
        give_end, gate = key_directory.give_end, threading.Barrier(2)

        def slow(*args: object, **kwargs: object) -> None:
            with suppress(threading.BrokenBarrierError):
                gate.wait(timeout=0.5)  # until both have looked, if both may
            give_end(*args, **kwargs)

        monkeypatch.setattr(key_directory, "give_end", slow)

        with ThreadPoolExecutor(2) as pool:
            done = [pool.submit(run, "retire", kid) for kid in kids]

        failures = [future.exception() for future in done]
        assert sum(isinstance(error, CommandError) for error in failures) == 1
        assert ring_of(keys, NOW).signing_key(NOW)


class TestDirectory:
    def test_directory_that_is_no_setting_is_kept_the_same_way(
        self, tmp_path: Path
    ) -> None:
        """Keys for a secrets manager are made somewhere, too."""
        with jwtauth(KEYS="tests.signing_keys.load"):
            for action in ("init", "rotate", "list"):
                run("--directory", str(tmp_path), action)

        assert len(files(tmp_path)) == 3


class TestComplaints:
    @pytest.mark.parametrize("action", EVERY_ACTION, ids=" ".join)
    @pytest.mark.parametrize(
        "content", ["{", "[]", '{"kty": "oct"}', '{"alg": "HS256", "kty": "oct"}']
    )
    def test_broken_jwk_is_named_by_its_file(
        self, keys: Path, action: list[str], content: str
    ) -> None:
        """One line, which file, and what to do; and nothing is written."""
        path = keys / "broken.json"
        path.write_text(content)
        before = {path: path.read_bytes() for path in keys.iterdir()}

        text = complaint(*action)

        assert str(path) in text
        assert text.endswith(".")
        assert {path: path.read_bytes() for path in keys.iterdir()} == before

    @pytest.mark.parametrize("action", EVERY_ACTION, ids=" ".join)
    def test_directory_that_is_a_file_is_named(
        self, directory: Path, action: list[str]
    ) -> None:
        """``DEMO_DIR`` or a mount gone wrong."""
        directory.parent.mkdir()
        directory.write_text("a file")

        text = complaint(*action)

        assert f"{directory} is not a directory" in text
        assert "JWTAUTH['KEYS']" in text

    def test_directory_below_a_file_is_named(self, directory: Path) -> None:
        """It can't be made there."""
        directory.parent.write_text("a file")

        text = complaint("init")

        assert str(directory) in text
        assert "JWTAUTH['KEYS']" in text

    def test_directory_that_takes_no_files_is_named(self) -> None:
        """Root may write to any directory but those of the kernel."""
        with jwtauth(KEYS=Path("/proc/self")):
            text = complaint("init")

        assert text.startswith("/proc/self: ")
        assert "may write to" in text and "JWTAUTH['KEYS']" in text

    @pytest.mark.parametrize("action", EVERY_ACTION, ids=" ".join)
    @pytest.mark.parametrize("source", [[], "tests.signing_keys.load"], ids=repr)
    def test_keys_that_are_no_directory_are_left_to_others(
        self, source: object, action: list[str]
    ) -> None:
        """What a secrets manager keeps, it must also rotate."""
        with jwtauth(KEYS=source):
            assert "is not a directory" in complaint(*action)

    def test_wrong_settings_are_one_line(self, directory: Path) -> None:
        """The command runs before the checks would have told."""
        with jwtauth(KEYS=directory, ISSUER=""):
            text = complaint("init")

        assert "JWTAUTH['ISSUER']" in text
        assert not directory.exists()

    def test_complaint_has_no_traceback_on_the_command_line(
        self, directory: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """This is what an operator sees."""
        directory.parent.write_text("a file")

        with pytest.raises(SystemExit) as caught:
            execute_from_command_line(["manage.py", "jwtauth_keys", "init"])

        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("CommandError: ")
        assert caught.value.code == 1


class TestWithoutChecks:
    def test_init_works_although_checks_would_fail(
        self, directory: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """They complain of the very keys that this command is there to make."""
        assert [error.id for error in run_checks()] == ["jwtauth.E030"]

        execute_from_command_line(["manage.py", "jwtauth_keys", "init"])

        assert run_checks() == []
        assert capsys.readouterr().err == ""


def test_constants_are_those_of_the_settings() -> None:
    """The times above are the defaults; if one moves, move them."""
    policy = POLICY

    assert policy.access_token_lifetime == timedelta(seconds=LIFETIME)
    assert policy.refresh_idle_timeout == timedelta(seconds=IDLE)
    assert policy.leeway == timedelta(seconds=LEEWAY)
