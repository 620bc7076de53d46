"""RequestContext: what a request says of its sender."""

import pytest

from jwtauth.core.context import RequestContext


def material(*parts: str, user_agent: str = "", address: str = "") -> bytes:
    return RequestContext(user_agent=user_agent, address=address).material(parts)


def prefix(address: str) -> str:
    return material("ip_prefix", address=address).decode().removeprefix("ip_prefix=")


class TestDevice:
    def test_device_of_a_browser_is_its_user_agent(self) -> None:
        """People recognise their devices by it."""
        assert RequestContext(user_agent="Firefox/140.0").device == "Firefox/140.0"

    def test_device_with_control_characters_is_one_line(self) -> None:
        """It is printed in logs and lists: no line of its own making."""
        context = RequestContext(user_agent="a\r\nb\x1b[31m\u202ec")

        assert context.device == "a  b [31m c"

    def test_device_is_bounded(self) -> None:
        """The sender chooses its length; the column has 200 characters."""
        assert len(RequestContext(user_agent="é" * 5000).device) == 200


class TestMaterial:
    def test_material_has_the_parts_asked_for_alone(self) -> None:
        """What the setting leaves out must not displace anybody's tokens."""
        first = material("user_agent", user_agent="a", address="8.8.8.8")
        other = material("user_agent", user_agent="a", address="9.9.9.9")

        assert first == other == b"user_agent=a"

    def test_material_of_another_user_agent_differs(self) -> None:
        """It is the signal that a token has moved."""
        parts = ("user_agent", "ip_prefix")

        assert material(*parts, user_agent="a") != material(*parts, user_agent="b")

    def test_material_of_no_parts_is_empty(self) -> None:
        """Without any part, every sender is the same."""
        assert material(user_agent="a", address="8.8.8.8") == b""

    def test_material_of_a_lone_surrogate_is_bytes(self) -> None:
        """A header may hold any bytes; none of them makes a 500."""
        assert material("user_agent", user_agent="\udcff") == b"user_agent=?"


class TestIpPrefix:
    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            ("8.8.8.8", "8.8.8.0/24"),
            ("8.8.8.255", "8.8.8.0/24"),
            ("2a00:1450:4001:81b::200e", "2a00:1450:4001::/48"),
            ("::ffff:8.8.8.8", "8.8.8.0/24"),
        ],
    )
    def test_prefix_of_global_address_is_its_network(
        self, address: str, expected: str
    ) -> None:
        """Within a network addresses change; and a mapped address is an IPv4 one."""
        assert prefix(address) == expected

    @pytest.mark.parametrize(
        "address",
        [
            *("", "unknown", "8.8.8", "8.8.8.8:80", "127.0.0.1", "10.1.2.3"),
            *("192.168.0.1", "100.64.0.1", "::1", "fd00::1", "fe80::1%eth0"),
            "::ffff:10.1.2.3",
        ],
    )
    def test_prefix_of_other_address_is_empty(self, address: str) -> None:
        """A private address says nothing: thousands share it behind proxies."""
        assert prefix(address) == ""
