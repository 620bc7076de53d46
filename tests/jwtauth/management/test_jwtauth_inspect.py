"""``jwtauth_inspect``: tells of a token all that there is, and never uses it."""

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError

import jwtauth
from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.jwk_set import public_jwk
from jwtauth.core.keys import CONTENT_ENCRYPTION, KeyUse
from jwtauth.models import TokenFamily
from jwtauth.stores import families, users
from tests import signing_keys
from tests.faults import unreachable
from tests.jwtauth.caller import Caller
from tests.jwtauth.conftest import age
from tests.jwtauth.core.raw_tokens import claims, header_of, signed, unb64
from tests.jwtauth.jwks_server import JWKSServer, jwks_server

HEADER_CHECKS = ["length", "spelling", "typ", "crit", "key", "alg", "signature"]
CLAIM_CHECKS = ["claims", "exp", "iat, nbf", "iss", "aud", "user", "denylist"]
REFRESH_CHECKS = [
    *("spelling", "key", "tag"),
    *("login", "login's key", "user", "generation"),
]


def inspect(token: str) -> tuple[str, bool]:
    """Return what the command prints, and whether it says that the token counts."""
    output, failure = StringIO(), ""
    try:
        call_command("jwtauth_inspect", "--", token, stdout=output)
    except CommandError as error:
        failure = str(error)
    assert failure in {"", "The token does not count now."}
    return output.getvalue(), failure == ""


def verdicts(output: str) -> dict[str, str]:
    """Return the line of each check."""
    lines = output.split("\nChecks\n")[1].split("\n\n", maxsplit=1)[0].splitlines()
    return dict(line.strip().split(": ", 1) for line in lines)


def failed(token: str) -> dict[str, str]:
    """Return the checks that are not simply well, of a token that does not count."""
    output, counts = inspect(token)
    found = {n: v for n, v in verdicts(output).items() if not v.startswith("ok")}
    assert counts is (found == {})
    return found


@pytest.fixture
def tokens(alice: User, caller: Caller) -> dict[str, Any]:
    """The answer to a login."""
    return caller.login(alice)


def forged(alice: User, **changes: object) -> str:
    """Return a token under our own key that says what it is told."""
    now = int(time.time())
    key = parse_key(signing_keys.load()[0])
    dates = {"iat": now, "exp": now + 900, "auth_time": now}
    genuine = {"sub": str(alice.pk), "sid": "A" * 22, **dates}
    return signed(claims(**{**genuine, **changes}), header_of(key), key)


class TestAccessToken:
    def test_token_that_counts_passes_every_check(self, tokens: dict[str, Any]) -> None:
        """All of them are told, in the order in which they are made."""
        output, counts = inspect(tokens["access"])

        assert counts and "The token counts now." in output
        assert list(verdicts(output)) == HEADER_CHECKS + CLAIM_CHECKS
        assert set(verdicts(output).values()) == {"ok"}

    def test_header_claims_key_and_times_are_shown(
        self, tokens: dict[str, Any]
    ) -> None:
        """What one would otherwise paste into a stranger's web page."""
        output, _ = inspect(tokens["access"])

        kid = signing_keys.load()[0]["kid"]
        assert 'typ: "at+jwt"' in output
        assert 'iss: "https://issuer.test"' in output
        assert f"{kid}  ES256  sig  signs" in output
        assert re.search(r"exp: .* UTC, in 14 min\)", output)
        assert re.search(r"iat: .* UTC, \d+ s ago\)", output)

    @pytest.mark.requirement("KEY-13")
    def test_output_holds_no_usable_token(self, tokens: dict[str, Any]) -> None:
        """It is pasted into tickets."""
        access, refresh = tokens["access"], tokens["refresh"]
        output = inspect(access)[0] + inspect(refresh)[0]

        assert access.split(".")[2] not in output
        assert refresh[40:80] not in output
        assert unb64(refresh)[27:59].hex() not in output

    @pytest.mark.parametrize(
        ("changes", "check", "code"),
        [
            ({"exp": 1}, "exp", "token_expired"),
            ({"nbf": 4_000_000_000}, "iat, nbf", "token_not_yet_valid"),
            ({"iss": "https://evil.test"}, "iss", "issuer_mismatch"),
            ({"aud": "other"}, "aud", "audience_mismatch"),
            ({"sub": "999999"}, "user", "user_inactive"),
            ({"sid": "no-sid"}, "denylist", "token_malformed"),
        ],
    )
    def test_claim_that_does_not_count_is_the_one_that_fails(
        self, alice: User, changes: dict[str, Any], check: str, code: str
    ) -> None:
        """Whoever asks why wants this one line."""
        found = failed(forged(alice, **changes))

        assert list(found) == [check]
        assert found[check].startswith(f"FAILED: {code}: ")

    def test_every_fault_is_told_not_only_the_first(self, alice: User) -> None:
        """Else each fault would be found only once the one before is mended."""
        token = forged(alice, exp=1, iss="x", aud="y", sub="999999")

        assert list(failed(token)) == ["exp", "iss", "aud", "user"]

    def test_wanted_issuer_is_told(self, alice: User) -> None:
        """Most often the setting is at fault."""
        found = failed(forged(alice, iss="https://issuer.test/"))

        assert "wanted 'https://issuer.test'" in found["iss"]

    def test_token_of_an_ended_login_fails_at_the_denylist(
        self, tokens: dict[str, Any], caller: Caller
    ) -> None:
        """The one thing that the token itself can't say."""
        caller.logout(tokens["access"])

        assert list(failed(tokens["access"])) == ["denylist"]

    def test_denylist_that_is_not_asked_is_said_so(
        self, tokens: dict[str, Any], jwtauth_settings: Callable[..., None]
    ) -> None:
        """It passes, but nobody knows of revocations."""
        jwtauth_settings(REVOCATION="refresh_only")

        output, counts = inspect(tokens["access"])

        assert counts
        assert verdicts(output)["denylist"] == "ok: not asked: refresh_only"

    @pytest.mark.parametrize(
        ("failure", "verdict"), [("closed", "UNKNOWN: "), ("open", "ok: ")]
    )
    def test_denylist_that_is_down_is_unknown(
        self,
        tokens: dict[str, Any],
        dead_redis: None,
        jwtauth_settings: Callable[..., None],
        failure: str,
        verdict: str,
    ) -> None:
        """The answer would be 503, or the token accepted."""
        jwtauth_settings(DENYLIST_FAILURE=failure)

        output, counts = inspect(tokens["access"])

        assert verdicts(output)["denylist"].startswith(f"{verdict}can't be known")
        assert counts is (failure == "open")

    @pytest.mark.parametrize("error", [DatabaseError, ValueError])
    def test_database_that_gives_no_answer_is_unknown(
        self,
        tokens: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
        error: type[Exception],
    ) -> None:
        """It is down, or takes no such text; the other checks are still there."""

        def fail(_subject: str) -> None:
            raise error

        monkeypatch.setattr(users, "load_active_user", fail)

        found = failed(tokens["access"])

        assert list(found) == ["user"]
        assert found["user"].startswith("UNKNOWN: the database gives no answer")

    def test_token_under_a_key_that_ended_has_a_good_signature(
        self, tokens: dict[str, Any], jwtauth_settings: Callable[..., None]
    ) -> None:
        """It was ours: that tells a retired key from a forgery."""
        old, refresh = signing_keys.load()
        new = generate_jwk("ES256", KeyUse.SIG)
        jwtauth_settings(KEYS=[{**old, "verifies_until": 1}, new, refresh])

        output, _ = inspect(tokens["access"])

        assert f"{old['kid']}  ES256  sig  expired" in output
        assert verdicts(output)["signature"] == "ok"
        assert verdicts(output)["key"].startswith("FAILED: key_unknown")

    def test_token_under_an_unknown_key_is_read_all_the_same(
        self, tokens: dict[str, Any], jwtauth_settings: Callable[..., None]
    ) -> None:
        """Its claims say where it comes from."""
        new, refresh = generate_jwk("ES256", KeyUse.SIG), signing_keys.load()[1]
        jwtauth_settings(KEYS=[new, refresh])

        output, _ = inspect(tokens["access"])

        assert "none that is known here" in output
        assert verdicts(output)["signature"].startswith("not checked")
        assert verdicts(output)["exp"] == "ok"

    def test_garbled_signature_is_told(self, tokens: dict[str, Any]) -> None:
        """The claims above it are then anybody's."""
        head, payload, _ = tokens["access"].split(".")

        assert list(failed(f"{head}.{payload}.{'A' * 86}")) == ["signature"]

    @pytest.mark.parametrize("text", ["a.b", "a.b.c", ".", "=.=.="])
    def test_text_that_can_not_be_read_has_every_check(self, text: str) -> None:
        """What could not be made is said, not left out."""
        output, counts = inspect(text)

        found = verdicts(output)
        assert not counts
        assert list(found) == HEADER_CHECKS + CLAIM_CHECKS
        assert found["spelling"].startswith("FAILED: token_malformed")
        assert found["exp"].startswith("not checked")

    def test_too_long_token_is_read_all_the_same(
        self, tokens: dict[str, Any], jwtauth_settings: Callable[..., None]
    ) -> None:
        """Its length is one fault; it may have others."""
        jwtauth_settings(MAX_TOKEN_LENGTH=100)

        assert list(failed(tokens["access"])) == ["length"]

    def test_text_of_a_stranger_does_not_steer_the_terminal(self, alice: User) -> None:
        """Escape sequences in claims could rewrite what an operator reads."""
        evil = "\x1b]0;owned\x07\x9b31m\x7f\r\u202e"
        key = parse_key(signing_keys.load()[0])
        token = signed({**claims(), evil: evil, "iss": evil}, header_of(key, x=evil))

        output, _ = inspect(token)

        assert output.isascii()
        assert {c for c in output if not c.isprintable()} == {"\n"}

    @pytest.mark.parametrize("date", ["1e999", "1e300", "9" * 400, "-1e18", "true"])
    def test_date_that_no_calendar_has_is_shown(self, db: None, date: str) -> None:
        """A garbled token must not stop the one who looks for the fault."""
        payload = json.dumps(claims()).replace(str(claims()["exp"]), date)

        output, counts = inspect(signed(payload.encode()))

        assert not counts
        assert "\n  exp: " in output

    def test_encrypted_token_is_said_to_be_one(self) -> None:
        """Nothing of it can be seen from outside."""
        with pytest.raises(CommandError, match="encrypted"):
            call_command("jwtauth_inspect", "a.b.c.d.e", stdout=StringIO())

    def test_encrypted_token_is_opened_where_tokens_are_encrypted(
        self, alice: User, caller: Caller, jwtauth_settings: Callable[..., None]
    ) -> None:
        """The operator has the key; a token that isn't encrypted does not count."""
        keys = [*signing_keys.load(), generate_jwk(CONTENT_ENCRYPTION, KeyUse.ENC)]
        jwtauth_settings(KEYS=keys)
        plain = caller.login(alice)["access"]
        jwtauth_settings(KEYS=keys, ENCRYPTION=True)
        access = caller.login(alice)["access"]

        output, counts = inspect(access)

        assert counts and "iss: https://issuer.test" in output.replace('"', "")
        checks = [HEADER_CHECKS[0], "encryption", *HEADER_CHECKS[1:], *CLAIM_CHECKS]
        assert list(verdicts(output)) == checks
        assert failed(plain)["encryption"].startswith("FAILED")
        assert failed(plain)["signature"].startswith("not checked")


class TestRefreshToken:
    def test_token_that_counts_passes_every_check_and_stays(
        self, tokens: dict[str, Any], caller: Caller
    ) -> None:
        """To look at it must not rotate it."""
        before = TokenFamily.objects.values().get()

        output, counts = inspect(tokens["refresh"])

        assert counts
        assert list(verdicts(output)) == REFRESH_CHECKS
        assert verdicts(output)["generation"] == "ok: the current one"
        assert TokenFamily.objects.values().get() == before
        assert caller.refresh(tokens["refresh"]).status_code == 200

    def test_login_and_key_are_shown(self, alice: User, tokens: dict[str, Any]) -> None:
        """Whose it is, since when and until when."""
        output, _ = inspect(tokens["refresh"])

        assert f"Login of user {alice.pk}" in output
        assert "expires if idle" in output and "in 6 d" in output
        assert f"{signing_keys.load()[1]['kid']}  HS256  refresh  signs" in output

    def test_predecessor_in_time_counts(
        self, tokens: dict[str, Any], caller: Caller
    ) -> None:
        """A client that lost the answer may still come with it."""
        caller.refreshed(tokens["refresh"])

        output, counts = inspect(tokens["refresh"])

        assert counts
        assert "the one before" in verdicts(output)["generation"]

    def test_predecessor_counts_in_the_grace_period_alone_too(
        self,
        tokens: dict[str, Any],
        caller: Caller,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """The rightful client says the same of itself as before."""
        jwtauth_settings(REFRESH_RETRY_WINDOW=timedelta(0))
        caller.refreshed(tokens["refresh"])

        assert inspect(tokens["refresh"])[1]

    def test_reused_token_is_told_and_ends_nothing(
        self, tokens: dict[str, Any], caller: Caller
    ) -> None:
        """Presenting it would end the login; looking at it does not."""
        newest = caller.refreshed(caller.refreshed(tokens["refresh"])["refresh"])

        found = failed(tokens["refresh"])

        assert list(found) == ["generation"]
        assert "token_reused" in found["generation"] and "stale" in found["generation"]
        assert caller.refresh(newest["refresh"]).status_code == 200

    def test_token_ahead_of_the_record_is_told(
        self, tokens: dict[str, Any], caller: Caller
    ) -> None:
        """A restored backup."""
        before = TokenFamily.objects.get()
        newer = caller.refreshed(tokens["refresh"])["refresh"]
        before.save()

        found = failed(newer)

        assert found["generation"].startswith("FAILED: family_outdated")

    def test_revoked_login_is_told_with_its_reason(
        self, alice: User, tokens: dict[str, Any]
    ) -> None:
        """And nothing else fails: the token is well."""
        jwtauth.revoke_all(alice, "revoked")

        output, _ = inspect(tokens["refresh"])

        assert list(failed(tokens["refresh"])) == ["login"]
        assert "ended early, reason 'revoked'" in verdicts(output)["login"]
        assert "\n  ended: " in output

    @pytest.mark.parametrize(("days", "why"), [(8, "idle"), (31, "absolute")])
    def test_expired_login_is_told(
        self, tokens: dict[str, Any], days: int, why: str
    ) -> None:
        """Which of the two timeouts it was."""
        age(timedelta(days=days))

        found = failed(tokens["refresh"])

        assert list(found) == ["login"]
        assert f"past its {why} timeout" in found["login"]

    def test_changed_password_is_told(
        self, alice: User, tokens: dict[str, Any]
    ) -> None:
        """The login is there, its user is another one."""
        alice.set_password("another")
        User.objects.filter(pk=alice.pk).update(password=alice.password)

        assert list(failed(tokens["refresh"])) == ["user"]

    def test_login_that_is_gone_is_told(self, tokens: dict[str, Any]) -> None:
        """Purged, or of another database."""
        TokenFamily.objects.all().delete()

        found = failed(tokens["refresh"])

        assert list(found) == ["login", "login's key", "user", "generation"]
        assert "there is none" in found["login"]

    def test_retired_key_is_told(
        self, tokens: dict[str, Any], jwtauth_settings: Callable[..., None]
    ) -> None:
        """All logins under it have ended."""
        sig, old = signing_keys.load()
        new = generate_jwk("HS256", KeyUse.REFRESH)
        jwtauth_settings(KEYS=[sig, {**old, "verifies_until": 1}, new])

        output, counts = inspect(tokens["refresh"])

        assert not counts
        assert f"{old['kid']}  HS256  refresh  expired" in output
        assert verdicts(output)["key"].startswith("FAILED: key_unknown")

    def test_forged_tag_is_told(self, tokens: dict[str, Any]) -> None:
        """The login that it names is shown, but nothing is proven."""
        found = failed(tokens["refresh"][:-4] + "AAAA")

        assert list(found) == ["tag", "generation"]

    @pytest.mark.parametrize("text", [" ", "\n"])
    def test_text_of_nothing_is_told_so(self, text: str) -> None:
        """A pipe that brought nothing is a slip, not a bad token."""
        with pytest.raises(CommandError, match="No token came"):
            call_command("jwtauth_inspect", text)

    @pytest.mark.parametrize("text", ["x", "A" * 100, "-" * 101])
    def test_text_that_is_no_token_has_every_check(self, text: str) -> None:
        """What could not be made is said, not left out."""
        output, counts = inspect(text)

        assert not counts
        assert list(verdicts(output)) == REFRESH_CHECKS

    def test_database_that_is_down_is_unknown(
        self, tokens: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Tag and key are still worth having."""

        def fail(_sid: bytes) -> None:
            raise DatabaseError

        monkeypatch.setattr(families, "find", fail)

        found = failed(tokens["refresh"])

        assert found["login"].startswith("UNKNOWN")
        assert "key" not in found and "tag" not in found


class TestInput:
    def test_token_may_come_by_standard_input(
        self, tokens: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """There it is in no history and no list of processes."""
        monkeypatch.setattr("sys.stdin", io.StringIO(tokens["access"] + "\n"))

        assert inspect("-")[1]

    def test_keys_that_can_not_be_read_are_one_line(
        self, tmp_path: Path, jwtauth_settings: Callable[..., None]
    ) -> None:
        """There is nothing to check by."""
        jwtauth_settings(KEYS=tmp_path / "none")

        with pytest.raises(CommandError, match="does not exist"):
            call_command("jwtauth_inspect", "a.b.c", stdout=StringIO())


class TestForeignKeys:
    @pytest.fixture
    def issuer(self, jwtauth_settings: Callable[..., None]) -> Iterator[JWKSServer]:
        with jwks_server() as server:
            jwtauth_settings(KEYS=server.url, USER="lazy")
            yield server

    def test_key_of_another_service_signs_nothing(
        self, tokens: dict[str, Any], issuer: JWKSServer
    ) -> None:
        """It is no key that will sign some day, either."""
        issuer.publish(public_jwk(parse_key(signing_keys.load()[0])))
        output, counts = inspect(tokens["access"])

        assert counts
        assert "ES256  sig  verifies what another service signs" in output

    def test_issuer_that_gives_no_keys_is_one_line(self, issuer: JWKSServer) -> None:
        """There is nothing to check by."""
        with pytest.raises(CommandError, match="no usable keys"):
            call_command("jwtauth_inspect", "a.b.c", stdout=StringIO())


@pytest.fixture
def dead_redis() -> Iterator[None]:
    """A denylist that nobody serves."""
    with unreachable():
        yield
