"""Keys are rotated under other services, which know nothing of it but the key set."""

import json
import math
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.signals import request_started

from jwtauth.core.codec import peek_unverified_header
from jwtauth.stores.private_keys import key_files, read_jwk
from tests.conftest import Heard
from tests.interop.conftest import OpenService
from tests.interop.verifiers import Ourselves, Refused, Service
from tests.jwtauth.caller import Caller
from tests.jwtauth.core.raw_tokens import POLICY

OVERLAP = timedelta(minutes=10)
LIFETIME = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
LEEWAY = timedelta(seconds=5)
ROUNDING = timedelta(seconds=1)  # the dates of keys are whole seconds, rounded up
UNKNOWN = r"^(invalid_key_id|ERR_JWKS_NO_MATCHING_KEY)$"


class Keys:
    """The key directory, its operator, and the time that passes for it."""

    def __init__(self, directory: Path, jwtauth_settings: Callable[..., None]) -> None:
        """Make the first keys."""
        self._directory = directory
        self._change_settings = jwtauth_settings
        self.run("init")

    def run(self, *arguments: str) -> None:
        """Run ``jwtauth_keys``; the process learns of it at once."""
        self._change_settings(KEYS=self._directory, KEY_OVERLAP=OVERLAP)
        call_command("jwtauth_keys", *arguments, stdout=StringIO())
        self._change_settings(KEYS=self._directory, KEY_OVERLAP=OVERLAP)

    def age(self, by: timedelta) -> None:
        """Let time pass for the keys, but not for tokens: none of them expires here."""
        for path in key_files(self._directory):
            jwk = read_jwk(path)
            for name in jwk.keys() & {"signs_from", "verifies_until"}:
                jwk[name] -= math.ceil(by.total_seconds())
            path.write_text(json.dumps(jwk))
        self._change_settings(KEYS=self._directory, KEY_OVERLAP=OVERLAP)


class Fetches:
    """How often the key set was fetched since the last look."""

    def __init__(self, jwks_uri: str, heard: Heard) -> None:
        """Listen from now on."""
        self._path = urlsplit(jwks_uri).path
        self._requests = heard(request_started)

    def since(self) -> int:
        """Return the number, and begin anew."""
        paths = [facts["environ"]["PATH_INFO"] for facts in self._requests]
        self._requests.clear()
        return paths.count(self._path)


@pytest.fixture
def keys(tmp_path: Path, jwtauth_settings: Callable[..., None]) -> Keys:
    """Keys in a directory of the test's own."""
    return Keys(tmp_path, jwtauth_settings)


@pytest.fixture
def fetches(jwks_uri: str, heard: Heard) -> Fetches:
    """What arrives at the address of the key set."""
    return Fetches(jwks_uri, heard)


@pytest.fixture
def service(open_service: OpenService) -> Service:
    """A service that goes on through all that happens."""
    return open_service("ES256")


@pytest.fixture
def new_token(alice: User, caller: Caller) -> Callable[[], str]:
    """Log in and take the access token."""
    return lambda: str(caller.login(alice)["access"])


def kid_of(token: str) -> str:
    kid: str = peek_unverified_header(token, policy=POLICY)["kid"]
    return kid


class TestRotation:
    @pytest.mark.requirement("KEY-09", "JWK-06")
    def test_service_that_fetched_before_the_rotation_follows_it(
        self,
        keys: Keys,
        service: Service,
        fetches: Fetches,
        new_token: Callable[[], str],
    ) -> None:
        """It fetches once more, when it meets the new kid, and refuses nothing."""
        before = new_token()
        service.verify(before)
        assert fetches.since() == 1

        keys.run("rotate")
        during = new_token()
        service.verify(during)
        keys.age(OVERLAP + ROUNDING)
        after = new_token()

        assert kid_of(before) == kid_of(during) != kid_of(after)
        assert fetches.since() == 0
        for token in (after, before, during, after):
            assert service.verify(token) == Ourselves().verify(token)
        assert fetches.since() == 1

    @pytest.mark.requirement("JWK-06")
    def test_service_that_fetched_before_the_next_key_signs_needs_no_other_fetch(
        self,
        keys: Keys,
        service: Service,
        fetches: Fetches,
        new_token: Callable[[], str],
    ) -> None:
        """That is what the key is published early for."""
        keys.run("rotate")
        service.verify(new_token())
        keys.age(OVERLAP + ROUNDING)
        fetches.since()

        service.verify(new_token())

        assert fetches.since() == 0

    @pytest.mark.requirement("KEY-09", "JWK-06")
    def test_superseded_key_verifies_until_its_last_token_has_expired(
        self,
        keys: Keys,
        open_service: OpenService,
        new_token: Callable[[], str],
    ) -> None:
        """A service that begins late must know it as long, and no longer."""
        token = new_token()
        keys.run("rotate")
        keys.age(OVERLAP + LIFETIME - MINUTE)
        open_service("ES256").verify(token)
        Ourselves().verify(token)

        keys.age(MINUTE + 2 * LEEWAY + ROUNDING)

        with pytest.raises(Refused, match=UNKNOWN):
            open_service("ES256").verify(token)
        with pytest.raises(Refused, match="key_unknown"):
            Ourselves().verify(token)

    @pytest.mark.requirement("KEY-09")
    def test_retired_key_is_refused_once_the_service_has_fetched_again(
        self,
        keys: Keys,
        service: Service,
        fetches: Fetches,
        new_token: Callable[[], str],
    ) -> None:
        """A copy of the set outlives the key until a token of the next one comes."""
        leaked = new_token()
        service.verify(leaked)

        keys.run("retire", kid_of(leaked), "--replace")
        with pytest.raises(Refused, match="key_unknown"):
            Ourselves().verify(leaked)
        service.verify(leaked)
        assert fetches.since() == 1
        service.verify(new_token())

        with pytest.raises(Refused, match=UNKNOWN):
            service.verify(leaked)
