"""A free port that stays free for the server that is started for it."""

import contextlib
import socket
from collections.abc import Iterator


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """Yield a port of 127.0.0.1 that the system gives to nobody else meanwhile.

    A port that is merely found free can be taken before the server listens on it,
    by any connection that goes out. This one stays bound, without listening; a server
    that sets SO_REUSEPORT, as ours does, may listen on it all the same.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        yield port
