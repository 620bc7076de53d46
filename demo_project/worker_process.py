"""How the process that serves requests behaves towards the one that started it."""

import atexit
import multiprocessing
import os
import sys
import threading
from multiprocessing.process import BaseProcess


def settle_worker() -> None:
    """Be a worker that ends with its main process, and never before it.

    Does nothing in a process that is no worker.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    # Ctrl-C reaches the whole process group. The main process must hear it first: a
    # worker that ends by itself looks like a crash to it.
    os.setsid()
    atexit.register(_skip_finalization)
    threading.Thread(target=_end_with, args=[parent], daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    # The server's main process was killed and can't tell its worker to stop. A worker
    # that went on would hold the port, with everything else already gone.
    os._exit(1)


def _skip_finalization() -> None:
    # Python ends threads that ask for the interpreter while it is taken down, and the
    # server's threads are no Python: ending them so aborts the process. A forked worker
    # doesn't take the interpreter down either.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
