"""A free port that stays free for the server that is started for it."""

import contextlib
import socket
from collections.abc import Iterator


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
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    holder.bind(("127.0.0.1", port))
    bound: int = holder.getsockname()[1]
    return bound
