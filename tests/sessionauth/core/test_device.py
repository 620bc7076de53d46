"""Labels for devices."""

import pytest

from sessionauth.core.device import MAX_LABEL_LENGTH, device_label

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


class TestDeviceLabel:
    @pytest.mark.parametrize(
        ("user_agent", "label"),
        [
            (FIREFOX, "Firefox on Linux"),
            (EDGE, "Edge on Windows"),
            (IPHONE, "Safari on iPhone"),
            ("curl/8.5.0", "curl"),
            ("my-tool/1.0 (+https://tool.example)", "my-tool/1.0"),
            ("", ""),
        ],
    )
    def test_label_names_browser_and_system(self, user_agent: str, label: str) -> None:
        """A user must recognise the own devices in the list."""
        assert device_label(user_agent) == label

    def test_label_of_a_hostile_header_is_short_and_printable(self) -> None:
        """The header is the client's: no control characters into logs and pages."""
        label = device_label("\x1b[31m\r\n\x00ä" + "x" * 10_000)

        assert len(label) <= MAX_LABEL_LENGTH
        assert label.isascii()
        assert label.isprintable()
