"""nginx with the page's configuration, and services that note what reaches them."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import time
from socketserver import ThreadingUnixStreamServer
from types import TracebackType
from typing import Self

from demo_project.embedded_valkey.socket_directory import choose_socket_directory
from demo_project.http_caller import HttpCaller
from demo_project.watchdog import GuardedProcess, ServerCommand
from tests.docs.verify.recorder import Recorder

HANG_SECONDS = 30.0
SOCKET_NAME = "reports.sock"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")

# What Debian's nginx.conf says around conf.d, but that all is in one directory.
AROUND = """
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    {temporary}
    include reports.conf;
}}
"""


class Gateway:
    """nginx on a port of 127.0.0.1, as an ordinary user, in a directory of its own."""

    def __init__(self, nginx: str, configuration: str, verifier_port: int) -> None:
        """Write the configuration; ``configuration`` is the page's ``server`` block."""
        self._nginx = nginx
        self._process: GuardedProcess | None = None
        self._user = None if os.getuid() else "nobody"
        self._directory = choose_socket_directory("nginx", longest_name=SOCKET_NAME)
        self._directory.mkdir(mode=0o700)
        # nginx inherits it, so nobody else can have the port meanwhile.
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0)  # as nginx wants it
        self.port: int = self._listener.getsockname()[1]
        temporary = "".join(f"{name}_temp_path {name};" for name in TEMPORARY)
        (self._directory / "nginx.conf").write_text(AROUND.format(temporary=temporary))
        told = _replaced(
            configuration,
            ("127.0.0.1:8080", f"127.0.0.1:{self.port}"),
            ("127.0.0.1:8001", f"127.0.0.1:{verifier_port}"),
            ("/run/reports/reports.sock", str(self._directory / SOCKET_NAME)),
        )
        (self._directory / "reports.conf").write_text(told)
        self._give_away()
        path = self._directory / SOCKET_NAME
        self.behind = Recorder(ThreadingUnixStreamServer, str(path))
        path.chmod(0o777)  # the directory is nginx's alone

    def start(self) -> None:
        """Start it and return once it listens."""
        log = self._directory / "log"
        self._process = process = GuardedProcess(
            ServerCommand(
                argv=[
                    *(self._nginx, "-p", f"{self._directory}/", "-c", "nginx.conf"),
                    *("-g", "daemon off;"),
                ],
                cwd=str(self._directory),
                log=str(log),
                env={"PATH": os.defpath, "NGINX": f"{self._listener.fileno()};"},
                pass_fds=[self._listener.fileno()],
                remove=[str(self._directory)],
                stop_signal=signal.SIGTERM,
                user=self._user,
            )
        )
        self._listener.close()
        deadline = time.monotonic() + HANG_SECONDS
        while not process.has_exited(0.02) and time.monotonic() < deadline:
            with contextlib.suppress(OSError), self.caller() as caller:
                caller.send("GET", "/_verify")
                return
        raise AssertionError(log.read_text())

    def caller(self) -> HttpCaller:
        """Return a client that asks nginx."""
        return HttpCaller(self.port, device="Client/1.0")

    def __enter__(self) -> Self:
        """Start it."""
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it."""
        self.close()

    def close(self) -> None:
        """End nginx and the service behind it; leave nothing."""
        self._listener.close()
        self.behind.close()
        if self._process is not None:
            self._process.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _give_away(self) -> None:
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            for path in (self._directory, *self._directory.iterdir()):
                os.chown(path, account.pw_uid, account.pw_gid)


def _replaced(text: str, *replacements: tuple[str, str]) -> str:
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    return text
