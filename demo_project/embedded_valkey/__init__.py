"""A Valkey (or Redis) server of one's own, on a unix socket, for demo and tests.

It needs no port, so that any number can start at the same time, and it runs under
``demo_project.watchdog``, so that none outlives the process that started it::

    with EmbeddedValkey() as valkey:
        redis.from_url(valkey.url).ping()
"""

from demo_project.embedded_valkey.errors import (
    DataDirectoryError,
    EmbeddedValkeyError,
    ServerMissingError,
    ServerStartError,
)
from demo_project.embedded_valkey.server import EmbeddedValkey

__all__ = [
    "DataDirectoryError",
    "EmbeddedValkey",
    "EmbeddedValkeyError",
    "ServerMissingError",
    "ServerStartError",
]
