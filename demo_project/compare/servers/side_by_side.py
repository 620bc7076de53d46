"""The servers of all modes, each in a thread of its own: they start and end together.

A failure or Ctrl-C while they start ends those that run and those that still start.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import ExitStack, contextmanager
from threading import Thread

from demo_project.compare.modes import Mode
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.compare.servers.server import Ground, throw_away_server


@contextmanager
def running_side_by_side(
    modes: Sequence[Mode], ground: Ground
) -> Iterator[Sequence[OpenMode]]:
    """Run every mode's server until the end of the ``with``.

    Raises:
        ServerFailedError: One didn't start.
        EmbeddedValkeyError: A Valkey is missing or didn't start.
    """
    opened: list[Future[OpenMode]] = [Future() for _ in modes]
    keepers = [
        Thread(target=_keep, args=[mode, ground, result])
        for mode, result in zip(modes, opened, strict=True)
    ]
    try:
        for keeper in keepers:
            keeper.start()
        done, _ = wait(opened, return_when=FIRST_EXCEPTION)
        for result in done:
            result.result()  # Raises what went wrong, while others still start.
        yield [result.result() for result in opened]
    finally:
        ground.end.set()
        for keeper in keepers:
            if keeper.is_alive():
                keeper.join()


def _keep(mode: Mode, ground: Ground, opened: "Future[OpenMode]") -> None:
    try:
        with ExitStack() as stack:
            server = stack.enter_context(throw_away_server(mode, ground))
            opened.set_result(OpenMode(mode=mode, server=server, stack=stack))
            ground.end.wait()
    except BaseException as error:
        if opened.done():
            raise
        opened.set_exception(error)
