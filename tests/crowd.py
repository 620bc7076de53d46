"""Real threads that do one thing at the same moment, each on its own connection."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


class Crowd:
    """A fixed number of threads; keeps them, and their connections, between rounds."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool = ThreadPoolExecutor(size)
        self._gate = threading.Barrier(size)

    def all_at_once(self, *actions: Callable[[], T]) -> list[T]:
        """Run the actions in turn over all threads, none before every one is there.

        Raises whatever an action raises; returns the results in the order of threads.
        """
        return self._run([actions[i % len(actions)] for i in range(self.size)])

    def _run(self, actions: Sequence[Callable[[], T]]) -> list[T]:
        def one(action: Callable[[], T]) -> T:
            # A thread that died would leave the others waiting for ever.
            self._gate.wait(timeout=60)
            return action()

        futures = [self._pool.submit(one, action) for action in actions]
        return [future.result() for future in futures]

    def leave(self) -> None:
        """Close every thread's connections, then end the threads."""
        self._run([connections.close_all] * self.size)
        self._pool.shutdown()


@contextmanager
def crowd_of(size: int) -> Iterator[Crowd]:
    """Gather ``size`` threads for a ``with`` block."""
    crowd = Crowd(size)
    try:
        yield crowd
    finally:
        crowd.leave()
