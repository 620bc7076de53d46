"""The Django service of the page, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from demo_project.environment import CHECKOUT
from demo_project.http_caller import Answer, HttpCaller

HANG_SECONDS = 30.0
HOST = {"Host": "reports.example.com"}


class DjangoService:
    """A project ``reports`` that is served until the ``with`` block ends."""

    def __init__(
        self, directory: Path, files: Mapping[str, str], **environment: str
    ) -> None:
        """Write the files of the project and start it."""
        (package := directory / "reports").mkdir(parents=True)
        for name, code in files.items():
            (package / name).write_text(code)
        self.log = directory / "log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # our own module
                [sys.executable, "-W", "error", "-m", "tests.docs.verify.serve_django"],
                cwd=directory,
                env={
                    "PATH": os.defpath,
                    "PYTHONPATH": str(CHECKOUT),
                    "SECRET_KEY": "tests-only-" + "k" * 50,
                    **environment,
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.port = int(self._line())

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Call the service as its clients do."""
        with HttpCaller(self.port, device="Client/1.0") as caller:
            return caller.send("GET", path, headers={**HOST, **(headers or {})})

    def age(self, seconds: float) -> None:
        """Let time pass for the keys, but not for tokens; it does not by itself."""
        self._ask(f"age {seconds}")

    def has_loaded(self, module: str) -> bool:
        """Tell whether the process has imported a module."""
        return self._ask(f"loaded {module}") == "True"

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, self.log.read_text()
        return line

    def __enter__(self) -> Self:
        """Be there for a ``with`` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()

    def close(self) -> None:
        """End the process; nobody listens at its port any more."""
        if self._process.poll() is None:
            self._process.communicate(timeout=HANG_SECONDS)
