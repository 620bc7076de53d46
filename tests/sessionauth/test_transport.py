"""The session of a request, and the address that it comes from."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from pytest_django import Settings

from sessionauth.transport import client_address, session_of

FORWARDED = {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 192.0.2.7"}


class TestClientAddress:
    @pytest.mark.requirement("LST-09")
    def test_header_counts_for_nothing_without_a_trusted_proxy(self) -> None:
        """Anybody can write it."""
        assert client_address(RequestFactory().get("/", **FORWARDED)) == "10.0.0.2"

    @pytest.mark.requirement("LST-09")
    def test_trusted_proxy_names_the_last_hop(self, settings: Settings) -> None:
        """One proxy appended one address; what stands before it is the client's."""
        settings.SESSIONAUTH = {"TRUSTED_PROXY_HOPS": 1}

        assert client_address(RequestFactory().get("/", **FORWARDED)) == "192.0.2.7"

    def test_two_trusted_proxies_name_the_hop_before(self, settings: Settings) -> None:
        """The last one appended its neighbour, that one the client."""
        settings.SESSIONAUTH = {"TRUSTED_PROXY_HOPS": 2}

        assert client_address(RequestFactory().get("/", **FORWARDED)) == "6.6.6.6"

    @pytest.mark.parametrize("header", ["", "unknown", "\r\nx", "999.1.1.1"])
    def test_unusable_header_gives_no_address(
        self, settings: Settings, header: str
    ) -> None:
        """Never text of the client's in a log, nor the proxy's address as theirs."""
        settings.SESSIONAUTH = {"TRUSTED_PROXY_HOPS": 1}
        meta = {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": header}

        assert client_address(RequestFactory().get("/", **meta)) == ""

    def test_unix_socket_has_no_address(self) -> None:
        """Servers behind one leave REMOTE_ADDR empty."""
        assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) == ""


class TestSessionOf:
    def test_request_without_our_session_is_improperly_configured(self) -> None:
        """A clear word instead of an AttributeError in the first request."""
        with pytest.raises(ImproperlyConfigured, match="SessionMiddleware"):
            session_of(RequestFactory().get("/"))
