"""What a revocation does in another service, and the denylist that it may read."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import override_settings
from redis.exceptions import NoPermissionError

from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.conf import get_settings
from tests.docs.verify.conftest import StartService
from tests.docs.verify.django_service import DjangoService
from tests.docs.verify.issuer import Issuer
from tests.docs.verify.pages import PAGES, block

MINUTE = timedelta(minutes=1)
PASSWORD = "a-password-for-tests"


def get(service: DjangoService, token: str) -> int:
    return service.get("/report/", {"Authorization": f"Bearer {token}"}).status


def acl_rule(user: str) -> list[str]:
    """Return what the page gives to ``ACL SETUSER``."""
    (line,) = re.findall(rf"^redis-cli ACL SETUSER {user} (.*)$", PAGES, re.MULTILINE)
    return [word.strip("'").replace("PASSWORD", PASSWORD) for word in line.split()]


def caches_at(url: str) -> dict[str, Any]:
    """Return the issuer's caches, the denylist under the prefix of the page."""
    alias = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": url,
        "KEY_PREFIX": "issuer",
        "OPTIONS": {"SOCKET_TIMEOUT": 30, "SOCKET_CONNECT_TIMEOUT": 30},
    }
    return {**django_settings.CACHES, "denylist": alias}


def allow_reports(url: str, *more_rights: str) -> None:
    """Make the user of the page, as an operator does."""
    rule = [*acl_rule("reports"), *more_rights]
    with redis.Redis.from_url(url) as client:
        client.execute_command("ACL", "SETUSER", "reports", *rule)


def service_at(url: str, start_service: StartService) -> DjangoService:
    """Start a service that reads the denylist as that user."""
    address = url.replace("unix://", f"unix://reports:{PASSWORD}@")
    code = block("reports/settings.py, at its end")
    return start_service(settings=code, environment={"DENYLIST_URL": address})


@pytest.fixture
def issuer_settings(
    issuer_settings: dict[str, Any], valkey: EmbeddedValkey
) -> Iterator[dict[str, Any]]:
    """The issuer's denylist on a server of the test's own, under the page's prefix."""
    with override_settings(CACHES=caches_at(valkey.url)):
        yield {**issuer_settings, "DENYLIST_CACHE": "denylist"}


@pytest.fixture
def service(start_service: StartService, valkey: EmbeddedValkey) -> DjangoService:
    """The service of the page."""
    allow_reports(valkey.url)
    return service_at(valkey.url, start_service)


@pytest.fixture
def as_reports(valkey: EmbeddedValkey) -> Iterator[redis.Redis]:
    """A client with the rights of the page's user."""
    allow_reports(valkey.url)
    with redis.Redis.from_url(
        valkey.url, username="reports", password=PASSWORD
    ) as client:
        yield client


def purge() -> None:
    call_command("jwtauth_purge", stdout=StringIO())


class TestDenylist:
    def test_logout_at_the_issuer_counts_at_the_next_request(
        self, issuer: Issuer, service: DjangoService, token: str
    ) -> None:
        """That is why a service would read a denylist at all."""
        purge()
        assert get(service, token) == 200
        issuer.log_out(token)

        assert get(service, token) == 401
        assert not service.has_loaded("jwtauth.models")

    def test_shard_that_was_lost_is_503_until_the_issuer_has_filled_it(
        self,
        issuer: Issuer,
        service: DjangoService,
        token: str,
        reader: User,
        valkey: EmbeddedValkey,
    ) -> None:
        """What is not there proves nothing, and the service has no database."""
        purge()
        issuer.log_out(ended := issuer.access_token(reader))
        with redis.Redis.from_url(valkey.url) as client:
            client.flushall()

        assert (get(service, token), get(service, ended)) == (503, 503)
        purge()
        assert (get(service, token), get(service, ended)) == (200, 401)

    def test_fresh_redis_is_503_until_the_first_purge(
        self, service: DjangoService, token: str
    ) -> None:
        """The page asks for it: nobody else may ever have filled this shard."""
        assert get(service, token) == 503
        purge()
        assert get(service, token) == 200

    @pytest.mark.parametrize("rights", ["", "+select"])
    def test_another_database_takes_select(
        self,
        start_service: StartService,
        valkey: EmbeddedValkey,
        token: str,
        rights: str,
    ) -> None:
        """The page says so; without it the answer is 503, not a guess."""
        other = valkey.url.replace("db=0", "db=1")
        with override_settings(CACHES=caches_at(other)):
            allow_reports(other, *rights.split())
            service = service_at(other, start_service)
            purge()

            assert get(service, token) == (200 if rights else 503)

    @pytest.mark.parametrize(
        "command",
        [
            ("ZADD", "issuer:jwtauth:denylist:00", "1", "sid:x"),
            ("DEL", "issuer:jwtauth:denylist:00"),
            ("ZRANGE", "issuer:jwtauth:denylist:00", "0", "-1"),
            ("ZMSCORE", "issuer:session:x", "y"),
            ("KEYS", "*"),
            ("FLUSHALL",),
            ("EVAL", "return 1", "0"),
            ("CONFIG", "GET", "*"),
            ("PUBLISH", "x", "y"),
        ],
        ids=" ".join,
    )
    def test_service_may_do_nothing_else(
        self, as_reports: redis.Redis, command: tuple[str, ...]
    ) -> None:
        """Whoever breaks into it must not end logins, or undo the end of one."""
        with pytest.raises(NoPermissionError):
            as_reports.execute_command(*command)


class TestSeconds:
    @pytest.mark.requirement("OPS-09")
    def test_page_counts_the_seconds_right(self, issuer: Issuer) -> None:
        """Each figure follows from the defaults, which may change."""
        settings = get_settings()
        policy = settings.policy
        reload = settings.key_reload_interval
        cached = timedelta(seconds=issuer.seconds_in_caches())

        for delay in (
            policy.access_token_lifetime + policy.leeway,
            reload + MINUTE,  # the recipes look every minute; tested with each
            reload + MINUTE + cached,
            cached,
        ):
            assert f" {int(delay.total_seconds())} s" in PAGES
