"""Every mode at once: what is waited for has a server of its own in each."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from demo_project.compare.servers.open_mode import OpenMode

T = TypeVar("T")


def at_once(
    modes: Sequence[OpenMode], observe: Callable[[OpenMode], T]
) -> Mapping[str, T]:
    """Return what ``observe`` returns for each mode, by the mode's name.

    For what is answered, never for how fast: the modes are in each other's way.
    """
    with ThreadPoolExecutor(len(modes)) as pool:
        found = pool.map(observe, modes)
        return dict(zip((mode.name for mode in modes), found, strict=True))
