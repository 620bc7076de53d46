"""The time that one request takes, as its client sees it."""

import time
from collections.abc import Callable

from demo_project.devices import require_ok
from demo_project.http_caller import Answer


def seconds_of(send: Callable[[], Answer], path: str) -> float:
    """Return how long ``send`` took; ``path`` is what it asked for.

    Raises:
        RequestFailedError: It was answered with another status than 200.
    """
    began = time.perf_counter()
    answer = send()
    taken = time.perf_counter() - began
    require_ok(answer, path)
    return taken
