"""Serves the Django project ``reports`` that stands in the working directory.

Prints its port. One line comes in and one goes out, in order:

- ``age SECONDS``: make it so much later by the clock that keys are judged by, which
  stands still otherwise
- ``loaded MODULE``: ``True`` if this process has imported it
"""

import os
import sys
import threading
import time

import django
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

# In whole seconds: a minute less and a minute more make the same again.
_now = float(int(time.monotonic()))


def main() -> None:
    """Serve until the input ends."""
    sys.path.insert(0, ".")
    os.environ["DJANGO_SETTINGS_MODULE"] = "reports.settings"
    time.monotonic = lambda: _now
    django.setup()
    with ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler) as server:
        server.daemon_threads = True
        server.set_app(get_wsgi_application())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_port, flush=True)  # noqa: T201 # to who started it
        for line in sys.stdin:
            print(_answer(*line.split()), flush=True)  # noqa: T201 # the same
        server.shutdown()


def _answer(command: str, argument: str) -> object:
    global _now  # noqa: PLW0603 # one clock
    if command == "loaded":
        return argument in sys.modules
    _now += float(argument)
    return _now


if __name__ == "__main__":
    main()
