"""A name for the directory of a unix socket: short, new, and its owner's alone."""

import os
import secrets
import tempfile
from pathlib import Path

# sun_path holds 108 bytes on Linux and 104 on macOS, the final NUL included.
LONGEST_SOCKET_PATH = 103


def choose_socket_directory(prefix: str, *, longest_name: str) -> Path:
    """Choose a new directory's name, short enough for a socket inside it.

    It lies in the directory for temporary files, or in /tmp if that is too long.
    Whoever makes it must do so exclusively and with mode 0700.
    """
    name = f"{prefix}-{secrets.token_hex(4)}"
    directory = Path(tempfile.gettempdir(), name).absolute()
    if len(os.fsencode(directory / longest_name)) > LONGEST_SOCKET_PATH:
        return Path("/tmp", name)  # noqa: S108 - see the docstring
    return directory
