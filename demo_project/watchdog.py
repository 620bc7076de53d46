"""Run a server that never outlives the process that started it.

``GuardedProcess`` starts a second Python, the watchdog, and that one starts the
server. The watchdog reads a pipe whose other end only the starting process holds:
the kernel closes it however that process ends, SIGKILL included, and the watchdog
then ends the server and removes what it was told to remove. It makes the server's
directory, too: one that was made before would stay if its maker is killed in between.

The watchdog lives in a session of its own, so that Ctrl-C, which the terminal sends
to the whole process group, ends the starting process and not the watchdog before it
could do its work. It starts the server itself, so there is no instant in which the
server runs unwatched.

This file is both the caller's module and the watchdog's program, so that both ends
of the pipe can be read together. It needs nothing but the standard library.
"""

import contextlib
import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

# A server that needs longer than this to end in good order is hung.
GRACE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class ServerCommand:
    """What the watchdog starts and how it ends it; every path is absolute.

    ``log`` is a file, or None for what the starting process has as its stderr.
    ``make`` is a directory that must not be there yet: it is made, for the server's
    account alone, and removed in the end. What ``remove`` names is removed as well.
    """

    argv: Sequence[str]
    cwd: str
    log: str | None
    env: Mapping[str, str] = field(default_factory=dict)
    make: str | None = None
    remove: Sequence[str] = ()
    stop_signal: int = signal.SIGTERM
    user: str | None = None
    pass_fds: Sequence[int] = ()


class GuardedProcess:
    """A server under a watchdog, seen from the process that started both."""

    def __init__(self, command: ServerCommand) -> None:
        """Start the watchdog, which starts the server.

        Raises:
            OSError: The server's program could not be started, or ``make`` not made.
        """
        self._watchdog = subprocess.Popen(  # noqa: S603 - our own program
            # Isolated and without site-packages: nothing in the caller's
            # environment changes what runs, and it starts in milliseconds.
            [sys.executable, "-I", "-S", __file__, _as_argument(command)],
            # Never as an argument: those are for every user of the machine to read.
            env=dict(command.env),
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A buffer would take in the report of the end together with the pid,
            # where the server ends at once, and poll() would wait for it in vain.
            bufsize=0,
            start_new_session=True,
            pass_fds=command.pass_fds,
        )
        self._exited = False
        # Runs at the latest when the interpreter ends, so that an ordinary exit
        # waits until the server is gone instead of leaving it behind for a moment.
        self._finalizer = weakref.finalize(self, _end_watchdog, self._watchdog)
        _guarded.add(self)
        self.pid = self._read_pid()

    def has_exited(self, timeout: float = 0.0) -> bool:
        """Wait up to ``timeout`` seconds for the server's end; tell if it came."""
        if not self._exited:
            # After the pid nothing is written but the report of the end, and a
            # watchdog that was killed itself leaves an end of file. poll() rather
            # than select(), which fails in a process with 1024 open files.
            report = select.poll()
            report.register(_output(self._watchdog), select.POLLIN)
            self._exited = bool(report.poll(timeout * 1000))
        return self._exited

    def send_signal(self, number: int) -> None:
        """Send a signal to the server, not to the watchdog."""
        if not self.has_exited():
            os.kill(self.pid, number)

    def close(self) -> None:
        """End the server and the watchdog; return when both are gone."""
        self._exited = True
        self._finalizer()

    def let_go(self) -> None:
        """Close this process's end of the pipe."""
        if self._watchdog.stdin is not None:
            self._watchdog.stdin.close()

    def _read_pid(self) -> int:
        line = _output(self._watchdog).readline().decode().strip()
        if line.isdigit():
            return int(line)
        self.close()
        raise OSError(line or "the watchdog ended before the server started")


_guarded: "weakref.WeakSet[GuardedProcess]" = weakref.WeakSet()


def _let_go_in_child() -> None:
    # A forked child that outlives its parent must not keep the pipe open.
    for process in _guarded:
        process.let_go()


os.register_at_fork(after_in_child=_let_go_in_child)


def _output(watchdog: "subprocess.Popen[bytes]") -> IO[bytes]:
    if watchdog.stdout is None:
        raise TypeError("The watchdog was started without an output pipe.")
    return watchdog.stdout


def _end_watchdog(watchdog: "subprocess.Popen[bytes]") -> None:
    if watchdog.stdin is not None:
        watchdog.stdin.close()
    try:
        watchdog.wait(GRACE_SECONDS + 5)
    except subprocess.TimeoutExpired:
        watchdog.kill()
        watchdog.wait()
    _output(watchdog).close()


def _watch(command: ServerCommand) -> None:
    """Be the watchdog: start the server, wait for the caller's end, clean up."""
    asked_to_end = _listen_for_signals()
    try:
        with _directory_of(command):
            _run(command, asked_to_end)
    except OSError as error:
        _report(str(error))
    finally:
        for path in command.remove:
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _directory_of(command: ServerCommand) -> Iterator[None]:
    if command.make is None:
        yield
        return
    # What is there already is somebody else's, and stays.
    Path(command.make).mkdir(mode=0o700)
    try:
        if account := _account_of(command):
            os.chown(command.make, account.pw_uid, account.pw_gid)
        yield
    finally:
        shutil.rmtree(command.make, ignore_errors=True)


def _as_argument(command: ServerCommand) -> str:
    """Return the command without its environment, which the watchdog hands on."""
    return json.dumps({**asdict(command), "env": {}})


def _listen_for_signals() -> int:
    """Return a file descriptor that becomes readable when a signal asks to end.

    A service manager asks every process of a unit, perhaps twice. A handler that
    raised could break off the start or the cleaning and leave the server behind.
    """
    asked_to_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # Ignored by what a script starts with "&", and so by a server: it may be the signal
    # that is to stop it.
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    return asked_to_end


def _run(command: ServerCommand, asked_to_end: int) -> None:
    server = _start(command)
    reaper = threading.Thread(target=_reap, args=[server], daemon=True)
    reaper.start()
    end = select.poll()
    end.register(asked_to_end, select.POLLIN)
    # Nobody writes to the caller's pipe: it becomes readable when it is closed.
    end.register(sys.stdin, select.POLLIN)
    end.poll()
    server.send_signal(command.stop_signal)
    server.send_signal(signal.SIGCONT)  # A stopped process hears nothing.
    reaper.join(GRACE_SECONDS)
    server.kill()
    reaper.join()


def _start(command: ServerCommand) -> "subprocess.Popen[bytes]":
    account = _account_of(command)
    with _log_of(command) as log:
        return subprocess.Popen(  # noqa: S603 - the caller's program
            command.argv,
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=command.pass_fds,
            user=account and account.pw_uid,
            group=account and account.pw_gid,
            extra_groups=account and [],
        )


def _account_of(command: ServerCommand) -> pwd.struct_passwd | None:
    return None if command.user is None else pwd.getpwnam(command.user)


def _log_of(command: ServerCommand) -> contextlib.AbstractContextManager[IO[bytes]]:
    if command.log is None:
        return contextlib.nullcontext(sys.stderr.buffer)
    return Path(command.log).open("ab")


def _reap(server: "subprocess.Popen[bytes]") -> None:
    # Both reports in one thread: a server that ends at once must not seem to have
    # ended before it began.
    _report(str(server.pid))
    server.wait()
    _report("exited")


def _report(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # The caller is gone.
        os.write(sys.stdout.fileno(), f"{line}\n".encode())


if __name__ == "__main__":
    _watch(ServerCommand(**json.loads(sys.argv[1])))
