"""The second service in a terminal of its own: how it ends, and when it can't start."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo_project.ports import reserved_port
from demo_project.resource_server import __main__ as resource_server
from tests.demo_project.conftest import StartDemo

PROGRAM = "demo_project.resource_server"


@pytest.mark.serial
@pytest.mark.slow
class TestAlone:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_it_ends_by_every_signal_of_a_terminal(
        self, number: signal.Signals, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """It has a terminal of its own then."""
        second = start_demo(tmp_path / "unused", program=PROGRAM)
        second.wait_for("Ctrl-C stops it")

        os.killpg(second.process.pid, number)

        assert second.wait() == 0
        assert second.leftovers() == []
        assert "Traceback" not in second.output

    def test_killed_it_leaves_no_worker(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """A worker that went on would hold the port."""
        second = start_demo(tmp_path / "unused", program=PROGRAM)
        second.wait_for("Ctrl-C stops it")

        second.process.kill()
        second.wait()

        assert second.leftovers() == []

    @pytest.mark.parametrize("after", [0.0, 0.2, 0.4, 0.7])
    def test_ctrl_c_while_it_starts_leaves_nothing(
        self, after: float, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """Whoever mistyped something presses it at once."""
        second = start_demo(tmp_path / "unused", program=PROGRAM)
        second.wait_for_its_handlers()
        second.has_ended(within=after)

        assert second.press_ctrl_c() in {0, 130, -signal.SIGINT}
        assert second.leftovers() == []
        assert "Traceback" not in second.output

    @pytest.mark.parametrize("after", [0.0, 0.1])
    def test_ctrl_c_while_its_worker_starts_is_left_to_the_main_process(
        self, after: float, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """The worker is not in a group of its own yet, and would die half-way."""
        second = start_demo(tmp_path / "unused", program=PROGRAM)
        while not any("spawn_main(" in line for line in second._processes()):
            assert not second.has_ended(within=0.0), second.output
        second.has_ended(within=after)

        # Whatever of the group hears it before the main process does.
        for pid in second.group() - {second.process.pid}:
            os.kill(pid, signal.SIGINT)

        second.wait_for("Ctrl-C stops it")
        assert second.call_second().send("GET", "/status/").status == 200
        assert second.press_ctrl_c() == 0
        assert "Traceback" not in second.output

    def test_taken_port_is_one_line_that_says_what_to_do(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """Most often the demo itself has started one there."""
        with (
            reserved_port(following=1) as port,
            socket.create_server(("127.0.0.1", port + 1)),
        ):
            second = start_demo(tmp_path, program=PROGRAM, DEMO_PORT=str(port))

            assert second.wait() == 2
            (line,) = second.output.splitlines()
            assert "Its port is DEMO_PORT + 1" in line


class TestSignals:
    @pytest.fixture(autouse=True)
    def _handlers_of_before(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        handlers = [signal.getsignal(number) for number in numbers]
        yield
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)

    def test_signals_leave_in_good_order_before_the_server_hears_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its watchdog may end it while it starts; a ``with`` must still be left."""
        heard_by: list[Any] = []

        def run(**_: object) -> int:
            heard_by.append(signal.getsignal(signal.SIGTERM))
            return 0

        monkeypatch.setattr(sys, "argv", ["-m"])
        monkeypatch.setattr(f"{PROGRAM}.server.run_resource_server", run)

        assert resource_server.main() == 0
        assert callable(heard_by[0])
        with pytest.raises(SystemExit) as left:
            heard_by[0](signal.SIGTERM, None)
        assert left.value.code == 0
