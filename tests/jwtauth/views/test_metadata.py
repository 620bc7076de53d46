"""``.well-known/oauth-authorization-server``: true, whoever asks and however."""

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import URLResolver, include, path, resolve, reverse
from django.urls.base import get_script_prefix, set_script_prefix
from django.utils import translation

from jwtauth.core.jwk import generate_jwk
from jwtauth.core.keys import KeyUse
from jwtauth.views.jwks import JWKSView
from jwtauth.views.revoke import TokenRevokeView
from tests.jwtauth.conftest import jwtauth

ADDRESS = "/.well-known/oauth-authorization-server"
ALGORITHMS = "access_token_signing_alg_values_supported"

Change = Callable[..., None]
pytestmark = pytest.mark.requirement("JWK-08")


def metadata(address: str = ADDRESS, **headers: str) -> dict[str, Any]:
    response = Client().get(address, headers=headers)
    assert response.status_code == 200, response.content
    document: dict[str, Any] = json.loads(response.content)
    return document


def status(address: str = ADDRESS) -> int:
    return Client().get(address).status_code


def assert_true(document: dict[str, Any], issuer: str) -> None:
    """Hold the document to the settings, and follow every address in it."""
    views = {"jwks_uri": JWKSView, "revocation_endpoint": TokenRevokeView}
    addresses = {name for name in document if name.endswith(("_uri", "_endpoint"))}
    assert addresses == set(views)
    for name, view in views.items():
        found = path_of(document[name])
        assert document[name] == issuer.rstrip("/") + found
        assert resolve(found).func.view_class is view
    assert document["issuer"] == issuer

    keys = json.loads(Client().get(path_of(document["jwks_uri"])).content)["keys"]
    asymmetric = [alg for alg in document[ALGORITHMS] if not alg.startswith("HS")]
    assert sorted({key["alg"] for key in keys}) == asymmetric
    assert Client().post(path_of(document["revocation_endpoint"])).status_code == 400


def path_of(address: str) -> str:
    return urlsplit(address).path


class TestDocument:
    def test_document_is_this_and_no_more(self) -> None:
        """A member that isn't true sends a client where nothing is."""
        assert metadata() == {
            "issuer": "https://issuer.test",
            "jwks_uri": "https://issuer.test/.well-known/jwks.json",
            "revocation_endpoint": "https://issuer.test/auth/token/revoke/",
            "revocation_endpoint_auth_methods_supported": ["none"],
            "response_types_supported": [],
            "grant_types_supported": [],
            ALGORITHMS: ["ES256"],
        }
        assert Client().get(ADDRESS)["Content-Type"] == "application/json"

    @pytest.mark.parametrize(
        "issuer",
        ["https://issuer.test/", "https://other.test:8443", "http://127.0.0.1:8000"],
    )
    def test_document_is_true(self, issuer: str, jwtauth_settings: Change) -> None:
        """Each address leads where it says, and the issuer is that of tokens."""
        jwtauth_settings(ISSUER=issuer)

        assert_true(metadata(), issuer)

    def test_document_names_the_next_key_before_it_signs(
        self, tmp_path: Path, jwtauth_settings: Change
    ) -> None:
        """A verifier that lists algorithms must know the next one in time."""
        jwtauth_settings(KEYS=tmp_path, KEY_RELOAD_INTERVAL=timedelta(microseconds=1))
        for arguments in (["init"], ["rotate"]):
            call_command("jwtauth_keys", *arguments, stdout=StringIO())
        before = Client().get(ADDRESS)["ETag"]
        key = generate_jwk("Ed25519", KeyUse.SIG)
        (tmp_path / "next.json").write_text(json.dumps({**key, "signs_from": 10**10}))

        document = metadata()

        assert document[ALGORITHMS] == ["ES256", "Ed25519"]
        assert_true(document, "https://issuer.test")
        assert Client().get(ADDRESS)["ETag"] != before

    def test_document_leaves_out_a_key_that_has_ended(
        self, jwtauth_settings: Change
    ) -> None:
        """What is refused is not supported."""
        ended = {**generate_jwk("RS256", KeyUse.SIG), "verifies_until": 1}
        refresh = generate_jwk("HS256", KeyUse.REFRESH)
        jwtauth_settings(KEYS=[ended, generate_jwk("ES256", KeyUse.SIG), refresh])

        assert metadata()[ALGORITHMS] == ["ES256"]

    def test_document_with_secrets_alone_names_them_and_shows_none(
        self, jwtauth_settings: Change
    ) -> None:
        """Others can't verify then; a client reads so, and no refresh key counts."""
        secrets = [generate_jwk("HS256", use) for use in (KeyUse.SIG, KeyUse.REFRESH)]
        jwtauth_settings(KEYS=secrets)

        document = metadata()

        assert document[ALGORITHMS] == ["HS256"]
        assert_true(document, "https://issuer.test")
        jwks = Client().get(path_of(document["jwks_uri"]))
        assert json.loads(jwks.content) == {"keys": []}


class TestHost:
    @pytest.mark.parametrize("host", ["evil.test", "evil.test:8000", "127.0.0.1"])
    def test_host_of_the_request_is_in_no_address(self, host: str) -> None:
        """Else a cache would send everybody to the keys of whoever asked first."""
        with override_settings(ALLOWED_HOSTS=["*"]):
            asked = metadata(host=host, x_forwarded_host=host, x_forwarded_proto="http")

        assert asked == metadata()

    def test_prefix_that_django_is_mounted_under_is_in_the_addresses(self) -> None:
        """That comes from the server, not from the caller."""
        before = get_script_prefix()
        set_script_prefix("/app/")
        try:
            document = metadata()
        finally:
            set_script_prefix(before)

        assert document["jwks_uri"] == "https://issuer.test/app/.well-known/jwks.json"


class TestIssuer:
    @pytest.mark.parametrize(
        ("issuer", "answers"),
        [
            ("https://issuer.test", ADDRESS),
            ("https://issuer.test/", ADDRESS),
            ("https://issuer.test/a", f"{ADDRESS}/a"),
            ("https://issuer.test/a/", f"{ADDRESS}/a"),
            ("https://issuer.test/a/b", f"{ADDRESS}/a/b"),
            ("https://issuer.test/a%20b", f"{ADDRESS}/a%20b"),
        ],
    )
    def test_path_of_the_issuer_comes_last(
        self, issuer: str, answers: str, jwtauth_settings: Change
    ) -> None:
        """RFC 8414 §3.1: and another issuer's address must not give this document."""
        jwtauth_settings(ISSUER=issuer)
        addresses = [ADDRESS, *(f"{ADDRESS}/{end}" for end in ("a", "a/b", "a%20b"))]

        found = {address: status(address) for address in addresses}

        assert found == dict.fromkeys(addresses, 404) | {answers: 200}
        assert metadata(answers)["issuer"] == issuer

    @pytest.mark.parametrize("tail", ["/", "/other", "/a/", "/A"])
    def test_other_path_is_404(self, tail: str, jwtauth_settings: Change) -> None:
        """Exactly one address is the issuer's."""
        jwtauth_settings(ISSUER="https://issuer.test/a")

        assert status(f"{ADDRESS}{tail}") == 404

    @pytest.mark.parametrize(
        "issuer", ["my-app", "http://issuer.test", "https://issuer.test/?a", "urn:a"]
    )
    def test_issuer_that_is_no_address_is_404(
        self, issuer: str, jwtauth_settings: Change
    ) -> None:
        """Tokens may still name it; nobody can be told where to look."""
        jwtauth_settings(ISSUER=issuer)

        assert status() == 404
        assert status("/.well-known/jwks.json") == 200

    def test_service_that_only_verifies_is_404(self, jwtauth_settings: Change) -> None:
        """Its issuer is another, whose addresses it doesn't know."""
        jwtauth_settings(KEYS="https://issuer.test/.well-known/jwks.json", USER="lazy")

        assert status() == 404


class Mounted:
    """A URL configuration; Django takes any object for one."""

    def __init__(self, *patterns: URLResolver) -> None:
        self.urlpatterns = list(patterns)


TOKENS = path("tokens/", include("jwtauth.urls"))
WELL_KNOWN = path("", include("jwtauth.well_known"))


def mounted(*patterns: URLResolver) -> override_settings:
    return override_settings(ROOT_URLCONF=Mounted(*patterns))


class TestMounts:
    @pytest.mark.parametrize(
        ("patterns", "jwks", "revocation"),
        [
            ([WELL_KNOWN, TOKENS], "/.well-known/jwks.json", "/tokens/token/revoke/"),
            ([TOKENS, WELL_KNOWN], "/.well-known/jwks.json", "/tokens/token/revoke/"),
            (
                [WELL_KNOWN, path("", include("jwtauth.urls"))],
                "/.well-known/jwks.json",
                "/token/revoke/",
            ),
            (
                [WELL_KNOWN, path("t/", include("jwtauth.urls", namespace="mine"))],
                "/.well-known/jwks.json",
                "/t/token/revoke/",
            ),
            (
                [path("", include(([WELL_KNOWN], "outer"))), TOKENS],
                "/tokens/.well-known/jwks.json",
                "/tokens/token/revoke/",
            ),
            ([WELL_KNOWN], "/.well-known/jwks.json", None),
            ([path("", include(([WELL_KNOWN], "outer")))], None, None),
        ],
    )
    def test_addresses_are_where_the_project_mounts_them(
        self, patterns: Iterable[URLResolver], jwks: str | None, revocation: str | None
    ) -> None:
        """What can't be found is left out: both members are optional."""
        with mounted(*patterns):
            document = metadata()

        origin = document["issuer"]
        assert document.get("jwks_uri") == (jwks and origin + jwks)
        assert document.get("revocation_endpoint") == (
            revocation and origin + revocation
        )
        assert ("revocation_endpoint_auth_methods_supported" in document) is bool(
            revocation
        )

    def test_addresses_are_the_same_in_every_language(self) -> None:
        """A cache would hand one caller's to all."""
        with mounted(WELL_KNOWN, *i18n_patterns(TOKENS)), translation.override("de"):
            document = metadata()

        assert path_of(document["revocation_endpoint"]) == "/en-us/tokens/token/revoke/"

    def test_public_name_of_the_keys_works_without_the_root(self) -> None:
        """``jwtauth:jwks`` is older than ``jwtauth.well_known``, and stays."""
        with mounted(TOKENS):
            assert reverse("jwtauth:jwks") == "/tokens/.well-known/jwks.json"
            assert status("/tokens/.well-known/jwks.json") == 200
            assert status() == 404

    def test_both_may_stand_at_once(self) -> None:
        """Two mounts of one namespace would be a warning, and one of them lost."""
        with mounted(WELL_KNOWN, TOKENS):
            assert run_checks(tags=[Tags.urls]) == []
            assert reverse("jwtauth_well_known:jwks") == "/.well-known/jwks.json"
            assert reverse("jwtauth:jwks") == "/tokens/.well-known/jwks.json"


class TestChecks:
    @staticmethod
    def ids(issuer: str, *patterns: URLResolver) -> list[str | None]:
        with mounted(*patterns), jwtauth(ISSUER=issuer):
            return [message.id for message in run_checks(tags=[Tags.urls])]

    @pytest.mark.parametrize("issuer", ["my-app", "http://issuer.test", "https://a/?b"])
    def test_issuer_that_is_no_address_is_a_warning_where_it_matters(
        self, issuer: str
    ) -> None:
        """Its metadata is 404; without metadata any name will do."""
        assert self.ids(issuer, WELL_KNOWN) == ["jwtauth.W007"]
        assert self.ids(issuer, TOKENS) == []

    def test_metadata_under_a_prefix_is_a_warning(self) -> None:
        """No client looks there (RFC 8615)."""
        elsewhere = path("auth/", include("jwtauth.well_known"))

        assert self.ids("https://issuer.test", elsewhere) == ["jwtauth.W008"]

    @pytest.mark.parametrize("issuer", ["https://issuer.test", "http://[::1]/a"])
    def test_metadata_at_the_root_has_no_fault(self, issuer: str) -> None:
        """A path of the issuer comes behind it."""
        assert self.ids(issuer, WELL_KNOWN, TOKENS) == []

    @pytest.mark.parametrize("urls", [None, ""])
    def test_project_without_urls_has_no_fault(self, urls: str | None) -> None:
        """A worker has none."""
        with override_settings(ROOT_URLCONF=urls), jwtauth(ISSUER="my-app"):
            assert run_checks(tags=[Tags.urls]) == []

    def test_wrong_settings_are_told_once(self) -> None:
        """E003 says it."""
        assert self.ids("", WELL_KNOWN) == []
