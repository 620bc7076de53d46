"""Programs on Node that tests put questions to."""

import json
import subprocess
import threading
from types import TracebackType
from typing import Any, Self

HANG_SECONDS = 60.0


class NodeProcess:
    """A program on Node that answers each line of JSON with one, in order."""

    def __init__(self, node: str, *arguments: str) -> None:
        """Start it; the end of its input ends it."""
        self._process = subprocess.Popen(  # noqa: S603 # our own script
            [node, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **question: object) -> dict[str, Any]:
        """Send one line and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        guard = threading.Timer(HANG_SECONDS, self._process.kill)
        guard.start()
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        finally:
            guard.cancel()
        assert line, "Node has ended without an answer; its stderr says why"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        """Be there for a ``with`` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait until it has ended."""
        self._process.communicate(timeout=HANG_SECONDS)
