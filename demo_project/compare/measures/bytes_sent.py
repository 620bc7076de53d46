"""What the credential adds to each request, counted on the connection."""

from collections.abc import Iterator
from dataclasses import dataclass

from demo_project.compare.counting.wiretap import wiretap
from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.devices import require_ok

PUBLIC, GUARDED = "/api/public/", "me/"
LINE_END = b"\r\n"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """The two requests, byte for byte."""

    bare: bytes
    """A GET of the public view, with no credential."""
    authenticated: bytes
    """The same of the guarded view, with one."""

    @property
    def credential(self) -> tuple[bytes, ...]:
        """The header lines that only the second one has, each with its end."""
        known = self.bare.split(LINE_END)
        _request, *lines = self.authenticated.split(LINE_END)
        return tuple(line + LINE_END for line in lines if line not in known)


def measure(run: Run) -> Iterator[Row]:
    """Yield one row."""
    run.progress("counting the bytes that a request sends")
    sent = {mode.name: _sent(mode) for mode in run.modes}
    yield Row(
        id="bytes_sent",
        group="cost",
        title="Bytes that the credential adds to a request",
        kind=Kind.COUNTED,
        unit="bytes",
        better="lower",
        how="counted by a relay on the connection: the header lines of a GET of "
        "api/me/ that the same GET of api/public/ lacks, with all cookies that the "
        "login set; a token names the demo's address twice, the second service's once, "
        "both with a port of five digits, and a user whose id has one digit",
        noise="exact",
        cells={name: cell(request) for name, request in sent.items()},
    )


def cell(sent: Sent) -> Cell:
    """Return what stands in the row for these requests."""
    credential = sum(map(len, sent.credential))
    return Cell(
        text=f"{credential} bytes",
        value=credential,
        details={
            "credential_bytes": credential,
            "request_bytes": len(sent.authenticated),
            "bare_request_bytes": len(sent.bare),
        },
    )


def _sent(mode: OpenMode) -> Sent:
    owner = mode.logged_in("bytes")
    with (
        wiretap(mode.server.port) as tap,
        mode.server.open_device("bytes", port=tap.port) as caller,
    ):
        require_ok(caller.send("GET", PUBLIC), PUBLIC)
        bare = tap.take()
        require_ok(owner.copy_to(caller).call(GUARDED), GUARDED)
        return Sent(bare=bare, authenticated=tap.take())
