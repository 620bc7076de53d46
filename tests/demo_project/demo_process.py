"""The demo as a process of its own, the way `make demo` starts it."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from demo_project.environment import CHECKOUT
from demo_project.http_caller import HttpCaller
from demo_project.ports import reserved_port

READY = "Ctrl-C stops what was started here"
# What takes longer hangs, on a busy machine too.
LONGEST_START_SECONDS = 120.0
LONGEST_END_SECONDS = 60.0
OUR_VARIABLES = (
    "AUTH_SCHEME",
    "DEMO_",
    "REDIS_URL",
    "DATABASE_URL",
    "DJANGO_",
    "TEST_",
)


class DemoProcess:
    """One run of a program of the demo, with everything it leaves in one place."""

    def __init__(
        self, directory: Path, program: str = "demo_project.serve", **variables: str
    ) -> None:
        self._held = ExitStack()
        self.directory = directory
        if "DEMO_PORT" not in variables:
            port = self._held.enter_context(reserved_port(following=1))
            variables["DEMO_PORT"] = str(port)
        self.port = int(variables["DEMO_PORT"])
        self._temporary = Path(tempfile.mkdtemp(prefix="t-"))
        # PostgreSQL runs as another account where the tests run as root.
        self._temporary.chmod(0o711)
        self._output = self._temporary.with_suffix(".out")
        environment = {"DEMO_DIR": str(directory), "TMPDIR": str(self._temporary)}
        with self._output.open("w") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", *program.split()],
                cwd=CHECKOUT,
                env=clean_environment() | environment | variables,
                stdout=output,
                stderr=subprocess.STDOUT,
                # As a terminal does: Ctrl-C goes to this group and to nobody else.
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def wait_for(self, text: str) -> None:
        """Return once the output holds ``text``."""
        deadline = time.monotonic() + LONGEST_START_SECONDS
        while text not in self.output:
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{text!r} never came; output: {self.output}")
            time.sleep(0.02)

    def wait_for_its_handlers(self) -> None:
        """Return once it would hear a signal, or has ended.

        Before, Python itself is what a signal ends. SIGHUP is the last that it takes.
        """
        while not self._takes(signal.SIGHUP) and not self.has_ended(within=0.01):
            pass

    def press_ctrl_c(self) -> int:
        """Send SIGINT to the whole group, as a terminal does; return the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.wait()

    def group(self) -> set[int]:
        """Return the processes that Ctrl-C in a terminal would reach."""
        pairs = (line.split() for line in _ps("pid=,pgid="))
        return {int(pid) for pid, group in pairs if int(group) == self.process.pid}

    def everybody(self) -> set[int]:
        """Return all processes of this run, in whichever group."""
        return {int(line.split()[0]) for line in self._processes()}

    def wait(self) -> int:
        return self.process.wait(LONGEST_END_SECONDS)

    def has_ended(self, within: float) -> bool:
        """Wait that many seconds for the end; tell if it came."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(within)
        return self.process.poll() is not None

    def leftovers(self) -> list[str]:
        """Return the processes and temporary files that stay after the end."""
        deadline = time.monotonic() + LONGEST_END_SECONDS
        while (found := self._left()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def call(self) -> HttpCaller:
        """Return a client whose connection ends with this object."""
        return self._held.enter_context(HttpCaller(self.port, device="test"))

    def call_second(self) -> HttpCaller:
        """Return a client of the second service, which has the next port."""
        caller = HttpCaller(self.port + 1, device="test")
        return self._held.enter_context(caller)

    def clean_up(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.wait()
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._output.unlink()
        self._held.close()

    def _takes(self, number: signal.Signals) -> bool:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (caught,) = re.findall(r"^SigCgt:\s*(\w+)$", status, re.MULTILINE)
        return bool(int(caught, 16) >> (number - 1) & 1)

    def _left(self) -> list[str]:
        files = [str(path) for path in self._temporary.iterdir()]
        return [line[:200] for line in self._processes()] + files

    def _processes(self) -> list[str]:
        # With their environment, which names TMPDIR also where the title doesn't.
        here = str(self._temporary)
        return [line for line in _ps("pid=,command=") if here in line]


def _ps(columns: str) -> list[str]:
    return subprocess.run(  # noqa: S603 - our own choice of columns
        ["ps", "axeww", "-o", columns],  # noqa: S607 - wherever it is
        capture_output=True,
        text=True,
        errors="replace",
        check=True,
    ).stdout.splitlines()


def free_port() -> int:
    """Return a port that is free, as is the next one: the second service's."""
    while True:
        with socket.socket() as probe, socket.socket() as next_probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                next_probe.bind(("127.0.0.1", port + 1))
                return port


def clean_environment() -> Mapping[str, str]:
    """Return the environment without what it says about demo and tests."""
    return {k: v for k, v in os.environ.items() if not k.startswith(OUR_VARIABLES)}
