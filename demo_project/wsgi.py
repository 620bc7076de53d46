"""The demo's WSGI application, as the server's worker process loads it."""

import multiprocessing
import os
import threading
from multiprocessing.process import BaseProcess

from django.core.wsgi import get_wsgi_application


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    # The server's main process was killed and can't tell its worker to stop. A worker
    # that went on would hold the port, with Valkey already gone.
    os._exit(1)


_parent = multiprocessing.parent_process()
if _parent is not None:
    # Ctrl-C reaches the whole process group. The main process must hear it first: a
    # worker that ends by itself looks like a crash to it.
    os.setsid()
    threading.Thread(target=_end_with, args=[_parent], daemon=True).start()

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo_project.settings")
application = get_wsgi_application()
