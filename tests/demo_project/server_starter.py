"""A program that starts an embedded server and then ends in the way it is told.

Usage: ``python server_starter.py WAY_TO_END [DATA_DIRECTORY]``. It imports the
launcher only, so that any account and any Python can run it.
"""

import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from demo_project.embedded_valkey import EmbeddedValkey


def _announce(server: EmbeddedValkey) -> None:
    watchdog = server._running()._watchdog.pid
    sys.stdout.write(f"{server.pid} {watchdog} {server.socket_path}\n")
    sys.stdout.flush()


def _wait(server: EmbeddedValkey) -> None:
    time.sleep(600)


def _return(server: EmbeddedValkey) -> None:
    """End the program without having stopped the server."""


def _raise(server: EmbeddedValkey) -> None:
    raise LookupError("on purpose")


def _exit_at_once(server: EmbeddedValkey) -> None:
    os._exit(3)


def _fork_and_exit(server: EmbeddedValkey) -> None:
    """Leave a forked child behind that outlives its parent."""
    if os.fork() == 0:
        # The test reads until the last writer is gone.
        os.close(sys.stdout.fileno())
        os.close(sys.stderr.fileno())
        time.sleep(600)
    os._exit(0)


if __name__ == "__main__":
    # Under nohup a test of it would wait in vain.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    ways = {way.__name__: way for way in (_wait, _return, _raise, _exit_at_once)}
    ways["_fork_and_exit"] = _fork_and_exit
    started = EmbeddedValkey(Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    started.start()
    _announce(started)
    ways[f"_{sys.argv[1]}"](started)
