"""Which issuers are addresses, and what an address is made from."""

import pytest

from jwtauth.core.issuer import IssuerURL, parse_issuer

pytestmark = pytest.mark.requirement("JWK-08")


class TestParseIssuer:
    @pytest.mark.parametrize(
        ("issuer", "origin", "path"),
        [
            ("https://issuer.test", "https://issuer.test", ""),
            ("https://issuer.test/", "https://issuer.test", ""),
            ("https://issuer.test:8443/a/b", "https://issuer.test:8443", "/a/b"),
            ("https://issuer.test/a/", "https://issuer.test", "/a"),
            ("https://issuer.test/a%20b", "https://issuer.test", "/a%20b"),
            ("https://[2001:db8::1]/a", "https://[2001:db8::1]", "/a"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000", ""),
            ("http://127.8.9.1", "http://127.8.9.1", ""),
            ("http://localhost:8000", "http://localhost:8000", ""),
            ("http://[::1]:8000", "http://[::1]:8000", ""),
        ],
    )
    def test_url_is_taken_apart(self, issuer: str, origin: str, path: str) -> None:
        """One slash at the end goes before the well-known part comes (§3.1)."""
        assert parse_issuer(issuer) == IssuerURL(origin=origin, path=path)

    @pytest.mark.parametrize(
        "issuer",
        [
            "my-app",
            "issuer.test",
            "//issuer.test",
            "urn:example:issuer",
            "ftp://issuer.test",
            "https://",
            "https:///a",
            "https:issuer.test",
            "https://issuer.test?",
            "https://issuer.test?a=b",
            "https://issuer.test#",
            "https://issuer.test/#a",
            "https://ann@issuer.test",
            "https://ann:secret@issuer.test",
            "https://issuer.test:port",
            "https://issuer.test:65536",
            "https://issuer.test:0",
            "https://[::1",
            "https://[issuer]",
            "https://issuer.test/\n",
            "https://issuer.test\t",
            " https://issuer.test",
            "https://issuer.test/a b",
            "https://issuer.test\\@evil.test",
            "https://issüer.test",
        ],
    )
    def test_anything_else_is_none(self, issuer: str) -> None:
        """An address that clients would read in two ways is none (RFC 8414 §2)."""
        assert parse_issuer(issuer) is None

    @pytest.mark.parametrize(
        "host",
        [
            "issuer.test",
            "127.0.0.1.evil.test",
            "localhost.evil.test",
            "10.0.0.1",
            "[::ffff:10.0.0.1]",
            "0.0.0.0",  # noqa: S104 # as an address, not to listen at
        ],
    )
    def test_http_to_another_machine_is_none(self, host: str) -> None:
        """Whoever sits on the way would swap the keys."""
        assert parse_issuer(f"http://{host}") is None
        assert parse_issuer(f"https://{host}") is not None
