"""Which bytes of a request are the credential's."""

from demo_project.compare.measures.bytes_sent import Sent, cell

BARE = (
    b"GET /api/public/ HTTP/1.1\r\n"
    b"Host: 127.0.0.1:54321\r\n"
    b"Accept-Encoding: identity\r\n"
    b"User-Agent: bytes\r\n\r\n"
)


def _with(credential: bytes) -> Sent:
    authenticated = BARE.replace(b"public", b"me").replace(
        b"\r\n\r\n", b"\r\n" + credential + b"\r\n"
    )
    return Sent(bare=BARE, authenticated=authenticated)


class TestCell:
    def test_whole_header_line_counts_and_the_longer_path_does_not(self) -> None:
        """The name of the header and the end of its line are sent as well."""
        found = cell(_with(b"Cookie: a=1\r\n"))

        assert found.value == len(b"Cookie: a=1\r\n") == 13
        assert found.text == "13 bytes"
        assert found.details["request_bytes"] == len(BARE) - len(b"blic") + 13

    def test_all_credential_headers_count(self) -> None:
        """A scheme may need more than one."""
        found = cell(_with(b"Cookie: a=1\r\nX-CSRFToken: b\r\n"))

        assert found.value == 13 + 16

    def test_request_without_a_credential_adds_nothing(self) -> None:
        """What every request has is no part of it."""
        assert cell(_with(b"")).value == 0
