"""Both apps read a client's address alike: what is written twice stays equal."""

from types import ModuleType

import pytest
from django.test import RequestFactory, override_settings

import jwtauth.transport.sender
import sessionauth.transport
from tests.settings import JWTAUTH

BOTH = pytest.mark.parametrize(
    "transport", [jwtauth.transport.sender, sessionauth.transport]
)


def address(
    transport: ModuleType, *, hops: int, remote: str, forwarded: str | None = None
) -> str:
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR=remote, **headers)
    settings = {
        "JWTAUTH": JWTAUTH | {"TRUSTED_PROXY_HOPS": hops},
        "SESSIONAUTH": {"TRUSTED_PROXY_HOPS": hops},
    }
    with override_settings(**settings):
        return str(transport.client_address(request))


@pytest.mark.requirement("LST-09")
@BOTH
class TestClientAddress:
    def test_header_without_a_proxy_of_ours_counts_for_nothing(
        self, transport: ModuleType
    ) -> None:
        """Anybody can write it."""
        found = address(transport, hops=0, remote="192.0.2.1", forwarded="6.6.6.6")

        assert found == "192.0.2.1"

    @pytest.mark.parametrize(
        ("hops", "forwarded", "expected"),
        [
            (1, "8.8.8.8", "8.8.8.8"),
            (1, "6.6.6.6, 8.8.8.8", "8.8.8.8"),
            (2, "6.6.6.6, 8.8.8.8, 10.0.0.5", "8.8.8.8"),
            (1, '9.9.9.9, ", 203.0.113.7', "203.0.113.7"),
            (1, "9.9.9.9, garbage", ""),
            (2, "8.8.8.8", ""),
            (1, "fe80::1%eth0", "fe80::1"),
            (1, "", ""),
        ],
    )
    def test_header_behind_proxies_of_ours_counts_from_the_right(
        self, transport: ModuleType, hops: int, forwarded: str, expected: str
    ) -> None:
        """What stands left of what they wrote is the sender's invention."""
        found = address(transport, hops=hops, remote="10.0.0.2", forwarded=forwarded)

        assert found == expected

    def test_request_past_the_proxies_is_its_own_word(
        self, transport: ModuleType
    ) -> None:
        """A health check comes from the proxy itself."""
        assert address(transport, hops=1, remote="10.0.0.2") == "10.0.0.2"
