"""``manage.py check``: one error for one fault, naming key and cure."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
import pytest
import redis
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Tags, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db.utils import ConnectionHandler
from django.test import override_settings

from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.checks import cookies, mail, stores
from jwtauth.core.jwk import generate_jwk
from jwtauth.core.keys import CONTENT_ENCRYPTION, KeyUse
from tests.jwtauth.core.key_box import jwk_of, rsa_members, secret_jwk

ROOT = Path(__file__).parents[2]
GOOD = [jwk_of("ES256"), jwk_of("HS256", KeyUse.REFRESH)]


def jwtauth(**changes: object) -> override_settings:
    settings = {**django_settings.JWTAUTH, **changes}
    kept = {key: value for key, value in settings.items() if value is not None}
    return override_settings(JWTAUTH=kept)


def ids(**changes: object) -> list[str | None]:
    """Return the ids of what every check says."""
    return [message.id for message in messages(**changes)]


def messages(**changes: object) -> list[CheckMessage]:
    """Return what every check of the project says, not only ours."""
    with jwtauth(**changes):
        return run_checks(databases=["default"])


def only_message(**changes: object) -> CheckMessage:
    (message,) = messages(**changes)
    return message


class TestGoodSettings:
    def test_settings_of_the_tests_have_no_fault(self) -> None:
        """What follows counts the faults: it must start from none."""
        assert messages() == []

    def test_keys_of_an_address_are_not_asked_for(self) -> None:
        """A service must start while its issuer is down."""
        assert ids(KEYS="https://127.0.0.1:1/jwks.json", USER="lazy") == []

    @pytest.mark.requirement("KEY-08")
    @pytest.mark.parametrize("alg", ["ES256", "Ed25519", "RS256", "PS256", "HS256"])
    def test_one_key_of_each_use_has_no_fault(self, alg: str) -> None:
        """Any of the algorithms will do, alone."""
        assert messages(KEYS=[generate_jwk(alg, KeyUse.SIG), GOOD[1]]) == []


@pytest.fixture
def key_file_as_directory(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text("not a directory")
    return path


class TestAcceptance:
    @pytest.mark.requirement("OPS-01")
    def test_missing_issuer_is_one_error(self) -> None:
        """Without it, tokens of any deployment would look the same."""
        message = only_message(ISSUER=None)

        assert message.id == "jwtauth.E003"
        assert "JWTAUTH['ISSUER'] is missing" in message.msg
        assert "https://" in str(message.hint)

    @pytest.mark.requirement("OPS-01")
    def test_unknown_key_is_one_error_with_the_near_name(self) -> None:
        """The likeliest fault is a typing error."""
        message = only_message(ACCESS_TOKEN_LIFETIM=timedelta(minutes=5))

        assert message.id == "jwtauth.E002"
        assert "'ACCESS_TOKEN_LIFETIM'" in message.msg
        assert "'ACCESS_TOKEN_LIFETIME'" in str(message.hint)

    @pytest.mark.requirement("KEY-06")
    def test_secret_of_10_bytes_is_one_error(self) -> None:
        """RFC 7518 §3.2 wants 32."""
        message = only_message(KEYS=[secret_jwk(b"0123456789"), GOOD[1]])

        assert message.id == "jwtauth.E030"
        assert "JWTAUTH['KEYS']: key number 1" in message.msg
        assert "10 bytes" in message.msg and "32" in message.msg
        assert "jwtauth_keys" in str(message.hint)

    @pytest.mark.requirement("KEY-05")
    def test_hs256_beside_es256_is_one_error(self) -> None:
        """ASVS 9.1.2: confusing the two needs both."""
        message = only_message(KEYS=[*GOOD, jwk_of("HS256")])

        assert message.id == "jwtauth.E030"
        assert "JWTAUTH['KEYS']" in message.msg and "HS256" in message.msg
        assert message.hint

    def test_key_directory_that_is_a_file_is_one_error(
        self, key_file_as_directory: Path
    ) -> None:
        """The likeliest fault of a deployment."""
        message = only_message(KEYS=key_file_as_directory)

        assert message.id == "jwtauth.E030"
        assert f"{key_file_as_directory} is not a directory" in message.msg
        assert "jwtauth_keys init" in str(message.hint)

    def test_check_command_prints_the_error_and_fails(self) -> None:
        """This is what a deployment runs."""
        with jwtauth(ISSUER=None), pytest.raises(SystemCheckError) as caught:
            call_command("check")

        assert "jwtauth.E003" in str(caught.value)
        assert "System check identified 1 issue" in str(caught.value)

    def test_check_command_fails_without_a_traceback_in_a_fresh_process(
        self, tmp_path: Path
    ) -> None:
        """Nothing that is imported on the way may need the settings to be right."""
        (tmp_path / "broken_settings.py").write_text(
            "from tests.settings import *\ndel JWTAUTH['ISSUER']\n"
        )
        command = [sys.executable, "-m", "django", "check"]
        path = f"{tmp_path}:{ROOT}"

        done = subprocess.run(  # noqa: S603 # our own interpreter
            [*command, "--settings=broken_settings", f"--pythonpath={path}"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 1
        assert "(jwtauth.E003) JWTAUTH['ISSUER'] is missing." in done.stderr
        assert "identified 1 issue" in done.stderr
        assert "Traceback" not in done.stderr


class TestKeys:
    @pytest.mark.parametrize(
        ("jwk", "word"),
        [
            (secret_jwk(b"change_me_change_me_please_change_me!"), "words"),
            ({**rsa_members(1024), "alg": "RS256", "use": "sig"}, "1024 bits"),
            ({**jwk_of("ES256"), "alg": "ES256K"}, "'alg'"),
            ({**jwk_of("ES256"), "crv": "secp256k1"}, "P-256"),
            ({**jwk_of("ES256"), "use": "any"}, "'use'"),
            ({**jwk_of("ES256"), "use": "enc"}, "A256GCM"),
            ({**jwk_of("ES256"), "key_ops": ["encrypt"]}, "'key_ops'"),
            ({**jwk_of("ES256"), "x": "AAAA"}, "not a valid EC key"),
            ("text", "not a JSON object"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    @pytest.mark.requirement("KEY-06")
    def test_key_that_may_not_be_used_is_one_error(
        self, jwk: object, word: str
    ) -> None:
        """Weak or broken keys are told of before the first token."""
        message = only_message(KEYS=[jwk, GOOD[1]])

        assert message.id == "jwtauth.E030"
        assert word in message.msg and "key number 1" in message.msg

    @pytest.mark.requirement("KEY-07")
    def test_secret_key_of_django_is_an_error(self) -> None:
        """No key serves two purposes."""
        secret = bytes(range(33, 73))
        with override_settings(SECRET_KEY=secret.decode()):
            message = only_message(KEYS=[secret_jwk(secret), GOOD[1]])

        assert "SECRET_KEY" in message.msg

    @pytest.mark.parametrize(
        ("keys", "word"),
        [
            ([GOOD[0]], "use 'refresh'"),
            ([GOOD[1]], "use 'sig'"),
            ([*GOOD, GOOD[0]], "twice"),
        ],
        ids=["no refresh key", "no signing key", "one key twice"],
    )
    def test_keys_that_do_not_go_together_are_one_error(
        self, keys: list[Any], word: str
    ) -> None:
        """Each key may be well and the set of them not."""
        assert word in only_message(KEYS=keys).msg

    def test_every_bad_key_is_an_error_of_its_own(self, tmp_path: Path) -> None:
        """All are told at once, each by its file."""
        paths = [tmp_path / "a.json", tmp_path / "b.json"]
        for path in paths:
            path.touch(0o600)
            path.write_text("{")

        found = messages(KEYS=tmp_path)

        assert len(found) == 2
        for path, message in zip(paths, found, strict=True):
            assert str(path) in message.msg

    @pytest.mark.requirement("KEY-13")
    def test_error_shows_no_secret(self) -> None:
        """Checks are printed into the logs of every deployment."""
        jwk = secret_jwk(b"0123456789")

        message = only_message(KEYS=[jwk, GOOD[1]])

        assert jwk["k"] not in f"{message.msg}{message.hint}"

    def test_short_rsa_key_that_has_ended_is_none(self) -> None:
        """It was rotated, as the warning asked for."""
        ended = {**rsa_members(2048), "alg": "RS256", "use": "sig", "verifies_until": 1}

        assert messages(KEYS=[ended, *GOOD]) == []

    @pytest.mark.requirement("KEY-06")
    @pytest.mark.parametrize("alg", ["RS256", "PS256"])
    def test_rsa_key_under_3072_bits_is_a_warning(self, alg: str) -> None:
        """2048 bits are allowed, and not for the years to come."""
        jwk = {**rsa_members(2048), "alg": alg, "use": "sig"}

        message = only_message(KEYS=[jwk, GOOD[1]])

        assert message.id == "jwtauth.W002"
        assert "2048 bits" in message.msg


class TestKeyFiles:
    @pytest.mark.requirement("KEY-13")
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
    def test_file_that_others_may_open_is_a_warning(
        self, directory: Path, mode: int
    ) -> None:
        """Whoever reads it can sign as anybody."""
        (directory / "a.json").chmod(mode)

        message = only_message(KEYS=directory)

        assert message.id == "jwtauth.W003"
        assert str(directory / "a.json") in message.msg and "chmod" in str(message.hint)

    @pytest.mark.parametrize("mode", [0o600, 0o400])
    def test_file_of_its_owner_alone_is_none(self, directory: Path, mode: int) -> None:
        """As ``jwtauth_keys`` writes them, or read-only as mounts have them."""
        (directory / "a.json").chmod(mode)

        assert messages(KEYS=directory) == []

    def test_directory_that_may_not_be_read_is_one_error(
        self, directory: Path, unprivileged: None
    ) -> None:
        """It must not look as if it were empty."""
        message = only_message(KEYS=directory)

        assert message.id == "jwtauth.E030"
        assert "can't be read (PermissionError)" in message.msg


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A key directory as it should be."""
    for name, jwk in zip("ab", GOOD, strict=True):
        path = tmp_path / f"{name}.json"
        path.touch(0o600)
        path.write_text(json.dumps(jwk))
    return tmp_path


@pytest.fixture
def unprivileged(directory: Path) -> Iterator[None]:
    """Be somebody who may not read the directory; root may read any."""
    uid, nobody = os.geteuid(), 65534
    directory.chmod(0)
    if uid == 0:
        os.seteuid(nobody)
    yield
    os.seteuid(uid)
    directory.chmod(0o700)


class TestAccessTokenLifetime:
    @pytest.mark.requirement("ATJ-07")
    def test_lifetime_over_an_hour_is_a_warning(self) -> None:
        """A stolen access token works that long where nothing is denied."""
        message = only_message(ACCESS_TOKEN_LIFETIME=timedelta(minutes=61))

        assert message.id == "jwtauth.W001"
        assert "ACCESS_TOKEN_LIFETIME" in message.msg

    def test_lifetime_of_an_hour_is_none(self) -> None:
        """Up to an hour is a choice."""
        assert messages(ACCESS_TOKEN_LIFETIME=timedelta(minutes=60)) == []


@pytest.fixture
def sqlite(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    """Put a SQLite database where the token families are kept."""

    def use(options: dict[str, str]) -> None:
        engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
        handler = ConnectionHandler({"default": {**engine, "OPTIONS": options}})
        monkeypatch.setattr(stores, "connections", handler)

    return use


class TestSqliteTransactions:
    @pytest.mark.parametrize("options", [{}, {"transaction_mode": "DEFERRED"}], ids=str)
    def test_sqlite_with_deferred_transactions_is_an_error(
        self, options: dict[str, str], sqlite: Callable[[dict[str, str]], None]
    ) -> None:
        """Two logins at once would fail instead of waiting for each other."""
        sqlite(options)

        (message,) = stores.check_sqlite_transactions()

        assert message.id == "jwtauth.E031"
        assert "DATABASES['default']" in message.msg and "IMMEDIATE" in message.msg

    def test_sqlite_with_immediate_transactions_has_no_fault(
        self, sqlite: Callable[[dict[str, str]], None]
    ) -> None:
        """The cure that the error names is one."""
        sqlite({"transaction_mode": "IMMEDIATE"})

        assert stores.check_sqlite_transactions() == []


LOCAL_MEMORY = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


class TestDenylistCache:
    def test_cache_that_django_redis_does_not_serve_is_an_error(self) -> None:
        """Every request with a token would be a 500, and no check had said so."""
        with override_settings(CACHES=LOCAL_MEMORY):
            (message,) = stores.check_denylist_cache()

        assert message.id == "jwtauth.E032"
        assert "CACHES['default']" in message.msg

    @pytest.mark.parametrize(
        "address", ["127.0.0.1:6379", "redi://h/0", "redis://:a/b@h/0", ""]
    )
    def test_address_that_cannot_be_read_is_an_error_that_hides_it(
        self, address: str
    ) -> None:
        """A check before a deployment crashed on it; others said nothing."""
        cache = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": address}
        with override_settings(CACHES={"default": cache}):
            (message,) = stores.check_denylist_cache()

            assert stores.check_eviction() == []
        assert message.id == "jwtauth.E032"
        assert not address or address not in f"{message.msg}{message.hint}"

    def test_factory_of_others_may_read_any_address(self) -> None:
        """Sentinel's takes the name of a service, for one."""
        cache = {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": "service",
            "OPTIONS": {"CONNECTION_FACTORY": "django_redis.pool.ConnectionFactory"},
        }
        with override_settings(CACHES={"default": cache}):
            assert stores.check_denylist_cache() == []

    def test_any_cache_without_a_denylist_has_no_fault(self) -> None:
        """Who accepts the delay needs no Redis."""
        with override_settings(CACHES=LOCAL_MEMORY), jwtauth(REVOCATION="refresh_only"):
            assert stores.check_denylist_cache() == []


class TestEviction:
    @pytest.mark.requirement("OPS-04")
    @pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
    def test_redis_that_evicts_is_a_warning_before_a_deployment(
        self, server: EmbeddedValkey, policy: str
    ) -> None:
        """Whoever shares a cache with the denylist must hear of it once."""
        with redis.Redis.from_url(server.url) as client:
            client.config_set("maxmemory-policy", policy)

        (message,) = deployment_messages()

        assert message.id == "jwtauth.W004"
        assert policy in message.msg and "CACHES['denylist']" in message.msg

    @pytest.mark.requirement("OPS-04")
    def test_redis_that_keeps_everything_has_no_fault(
        self, server: EmbeddedValkey
    ) -> None:
        """The cure that the warning names is one."""
        with redis.Redis.from_url(server.url) as client:
            client.config_set("maxmemory-policy", "noeviction")

        assert deployment_messages() == []

    @pytest.mark.requirement("OPS-04")
    def test_redis_that_does_not_let_us_ask_is_a_warning(
        self, server: EmbeddedValkey
    ) -> None:
        """Managed servers forbid much; a crash of the check would help nobody."""
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("ACL", "SETUSER", "default", "-info")

        (message,) = deployment_messages()

        assert message.id == "jwtauth.I001"
        assert "could not be asked" in message.msg and "NoPermission" in message.msg

    @pytest.mark.requirement("OPS-04")
    def test_redis_down_is_a_warning(self, server: EmbeddedValkey) -> None:
        """The machine that builds a release may reach no Redis."""
        server.stop()

        (message,) = deployment_messages()

        assert "could not be asked" in message.msg

    @pytest.mark.parametrize(
        "changes",
        [{"REVOCATION": "refresh_only"}, {"ISSUER": None}, {"DENYLIST_CACHE": "local"}],
        ids=str,
    )
    def test_redis_is_not_asked_where_it_need_not_or_can_not_be(
        self, round_trips: list[str], changes: dict[str, Any]
    ) -> None:
        """Other checks say what is wrong there, and one line is enough."""
        caches = {**django_settings.CACHES, "local": LOCAL_MEMORY["default"]}
        with override_settings(CACHES=caches), jwtauth(**changes):
            assert stores.check_eviction() == []

        assert round_trips == []

    def test_check_without_deploy_asks_no_redis(self, round_trips: list[str]) -> None:
        """Every command of manage.py runs the checks."""
        messages()

        assert round_trips == []


def deployment_messages() -> list[CheckMessage]:
    """What only ``check --deploy`` says of the denylist."""
    found = run_checks(tags=[Tags.caches], include_deployment_checks=True)
    return [message for message in found if str(message.id).startswith("jwtauth.")]


class TestSqliteTimeZone:
    def test_sqlite_without_use_tz_is_an_error(
        self, sqlite: Callable[[dict[str, str]], None]
    ) -> None:
        """Its clock is UTC, and the rows beside it would be local."""
        sqlite({"transaction_mode": "IMMEDIATE"})

        with override_settings(USE_TZ=False):
            (message,) = stores.check_sqlite_time_zone()

        assert message.id == "jwtauth.E033"

    def test_sqlite_with_a_time_zone_of_its_own_is_an_error(
        self, sqlite: Callable[[dict[str, str]], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """USE_TZ alone is not enough: rows of such a database are local."""
        sqlite({"transaction_mode": "IMMEDIATE"})
        connection = stores.connections["default"]
        monkeypatch.setitem(connection.settings_dict, "TIME_ZONE", "Asia/Tokyo")

        (message,) = stores.check_sqlite_time_zone()

        assert message.id == "jwtauth.E033"

    def test_sqlite_with_use_tz_has_no_fault(
        self, sqlite: Callable[[dict[str, str]], None]
    ) -> None:
        """The cure that the error names is one."""
        sqlite({"transaction_mode": "IMMEDIATE"})

        assert stores.check_sqlite_time_zone() == []


class TestRetryWindow:
    @pytest.mark.requirement("RTK-15")
    @pytest.mark.parametrize("name", ["REFRESH_GRACE_PERIOD", "REFRESH_RETRY_WINDOW"])
    def test_retry_window_over_300_seconds_is_an_error(self, name: str) -> None:
        """All that time a stolen predecessor still works."""
        assert ids(**{name: timedelta(seconds=300)}) == []
        assert ids(**{name: timedelta(seconds=301)}) == ["jwtauth.E048"]


class TestFunctions:
    @pytest.mark.parametrize("name", ["CLAIMS", "USER_CHECK", "LOGIN_SERIALIZER"])
    def test_dotted_path_that_leads_nowhere_is_an_error(self, name: str) -> None:
        """The first login would find out."""
        message = only_message(**{name: "project.auth.missing"})

        assert message.id == "jwtauth.E049"
        assert name in message.msg
        assert "'project.auth.missing'" in message.msg
        assert "No module named 'project'" in message.msg


class TestClaimNames:
    @pytest.mark.requirement("JWT-16")
    def test_claim_that_looks_personal_is_a_warning_of_its_own(self) -> None:
        """RFC 9068 §6: whoever holds the token reads what it says."""
        found = messages(CLAIM_NAMES=("plan", "email", "apiKey"))

        assert [message.id for message in found] == ["jwtauth.W006"] * 2
        assert "'email'" in found[0].msg and "'apiKey'" in found[1].msg


class TestEncryption:
    def test_encryption_without_its_library_is_an_error(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The extra is easily forgotten, and every login would fail."""
        monkeypatch.setitem(sys.modules, "joserfc", None)

        assert only_message(ENCRYPTION=True).id == "jwtauth.E052"
        assert messages(ENCRYPTION=False) == []

    def test_encryption_without_a_key_is_an_error(self) -> None:
        """Said at the start, with the command that makes one."""
        message = only_message(ENCRYPTION=True)

        assert message.id == "jwtauth.E030"
        assert "use 'enc'" in message.msg and "jwtauth_keys init" in (
            message.hint or ""
        )

    def test_encrypted_claims_may_be_personal(self) -> None:
        """That is what it is for."""
        keys = [*GOOD, jwk_of(CONTENT_ENCRYPTION, KeyUse.ENC)]

        found = messages(ENCRYPTION=True, KEYS=keys, CLAIM_NAMES=("email",))

        assert found == []


class TestSameSite:
    @pytest.mark.requirement("CKE-04")
    def test_cookies_that_other_sites_send_are_a_warning(self) -> None:
        """Only the CSRF check is left then."""
        assert ids(COOKIE_SAMESITE="None", DELIVERY={"cookie"}) == ["jwtauth.W005"]
        assert ids(COOKIE_SAMESITE="None", DELIVERY={"bearer"}) == []
        assert ids(COOKIE_SAMESITE="Lax", DELIVERY={"cookie"}) == []


CSRF = "django.middleware.csrf.CsrfViewMiddleware"
SESSION_USER = "django.contrib.auth.middleware.AuthenticationMiddleware"
OURS = "jwtauth.middleware.JWTAuthenticationMiddleware"
SUBCLASS = "demo_project.middleware.JWTPrefixMiddleware"


class TestMiddleware:
    @pytest.mark.requirement("CSR-01", "CKE-10")
    @pytest.mark.parametrize(
        ("middleware", "found"),
        [
            ([CSRF, SESSION_USER, OURS], []),
            ([SESSION_USER, CSRF, SUBCLASS], []),
            ([CSRF, OURS], []),
            ([SESSION_USER, OURS], ["jwtauth.E050"]),
            ([CSRF, SESSION_USER], ["jwtauth.E051"]),
            ([OURS, CSRF, SESSION_USER], ["jwtauth.E051"]),
            ([CSRF, OURS, SESSION_USER], ["jwtauth.E051"]),
            ([CSRF, "nowhere.Middleware", OURS], []),
        ],
    )
    def test_cookies_need_the_csrf_check_and_ours_after_it(
        self, middleware: list[str], found: list[str]
    ) -> None:
        """Without the first nobody logs in; without the second caches mix users up."""
        with jwtauth(DELIVERY={"cookie"}), override_settings(MIDDLEWARE=middleware):
            assert [message.id for message in cookies.check_middleware()] == found

    def test_bearer_tokens_need_no_middleware(self) -> None:
        """An API of services has none of this."""
        with jwtauth(DELIVERY={"bearer"}), override_settings(MIDDLEWARE=[]):
            assert cookies.check_middleware() == []


def mailer(backend: str, timeout: int | None) -> override_settings:
    """How mail is sent, which Django 6.1 has renamed."""
    path = f"django.core.mail.backends.{backend}.EmailBackend"
    if django.VERSION >= (6, 1):
        options = {} if timeout is None else {"timeout": timeout}
        options |= {"host": "mail.test"} if backend == "smtp" else {}
        return override_settings(
            MAILERS={"default": {"BACKEND": path, "OPTIONS": options}}
        )
    return override_settings(EMAIL_BACKEND=path, EMAIL_TIMEOUT=timeout)


class TestMailOnReuse:
    @pytest.mark.parametrize(
        ("backend", "timeout", "is_on", "found"),
        [
            ("smtp", None, True, ["jwtauth.W010"]),
            ("smtp", 5, True, []),
            ("smtp", None, False, []),
            ("locmem", None, True, []),
        ],
    )
    def test_smtp_without_a_time_limit_is_a_warning(
        self, backend: str, timeout: int | None, found: list[str], *, is_on: bool
    ) -> None:
        """A mail server that hangs would hold the request of a refresh for ever."""
        with jwtauth(MAIL_ON_REUSE=is_on), mailer(backend, timeout):
            assert [message.id for message in mail.check_mail_timeout()] == found

    def test_warning_names_the_setting_of_this_django(self) -> None:
        """What it says is what gets typed."""
        with jwtauth(MAIL_ON_REUSE=True), mailer("smtp", None):
            (message,) = mail.check_mail_timeout()

        name = "'OPTIONS'" if django.VERSION >= (6, 1) else "EMAIL_TIMEOUT"
        assert name in str(message.hint)
