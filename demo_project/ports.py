"""Ports of this machine: hold one, ask about one, wait for one."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

HOST = "127.0.0.1"
LONGEST_START_SECONDS = 60.0


def claim_port(port: int) -> socket.socket:
    """Hold a port for this process, until the socket is closed.

    The server itself would share a taken port without a word, and it takes a second
    until it listens: of two programs that start at once, both would have found it free.

    Raises:
        OSError: somebody has it, or it may not be had.
    """
    claim = socket.socket()
    try:
        # Connections of an earlier run that still fade away don't count.
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        claim.bind((HOST, port))
        # From here on nobody else may, but for our own server.
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except BaseException:
        claim.close()
        raise
    return claim


def fault_of_port(port: int) -> str | None:
    """Return why nobody can listen there; None if that is possible."""
    try:
        claim_port(port).close()
    except OSError as error:
        return error.strerror
    return None


@contextlib.contextmanager
def reserved_port(*, following: int = 0) -> Iterator[int]:
    """Yield a port of 127.0.0.1 that the system gives to nobody else meanwhile.

    A port that is merely found free can be taken before the server listens on it,
    by any connection that goes out. This one stays bound, without listening; a server
    that sets SO_REUSEPORT, as ours does, may listen on it all the same.

    Args:
        following: how many ports after it are held as well, for servers beside it.
    """
    while True:
        with contextlib.ExitStack() as held:
            port = _hold(held, 0)
            try:
                for n in range(following):
                    _hold(held, port + 1 + n)
            except (OSError, OverflowError):
                continue  # The next one is somebody else's; ask for another pair.
            yield port
            return


def _hold(held: contextlib.ExitStack, port: int) -> int:
    holder = held.enter_context(socket.socket())
    # The first lets ``claim_port`` hold it as well, the second the server listen.
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    holder.bind((HOST, port))
    bound: int = holder.getsockname()[1]
    return bound


def answers(port: int) -> bool:
    """Whether somebody listens there now."""
    with contextlib.suppress(OSError):
        socket.create_connection((HOST, port), timeout=1).close()
        return True
    return False


def wait_until_it_answers(
    port: int,
    has_ended: Callable[[], bool] = lambda: False,
    *,
    within: float = LONGEST_START_SECONDS,
) -> bool:
    """Wait until somebody listens there; return False if that never comes."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if answers(port):
            return True
        if has_ended():
            return False
        time.sleep(0.05)
    return False
