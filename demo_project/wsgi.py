"""The demo's WSGI application, as the server's worker process loads it."""

import atexit
import multiprocessing
import os
import sys
import threading
from multiprocessing.process import BaseProcess

from django.core.wsgi import get_wsgi_application


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    # The server's main process was killed and can't tell its worker to stop. A worker
    # that went on would hold the port, with Valkey already gone.
    os._exit(1)


def _skip_finalization() -> None:
    # Python ends threads that ask for the interpreter while it is taken down, and the
    # server's threads are no Python: ending them so aborts the process. A forked worker
    # doesn't take the interpreter down either.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


_parent = multiprocessing.parent_process()
if _parent is not None:
    # Ctrl-C reaches the whole process group. The main process must hear it first: a
    # worker that ends by itself looks like a crash to it.
    os.setsid()
    atexit.register(_skip_finalization)
    threading.Thread(target=_end_with, args=[_parent], daemon=True).start()

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo_project.settings")
application = get_wsgi_application()
