"""What can go wrong; each text is one clear line for whoever starts the demo.

EmbeddedValkeyError
├── ServerMissingError  no program to start
├── DataDirectoryError  the data cannot live there, or another server uses it
└── ServerStartError    the program ended, or never answered
"""


class EmbeddedValkeyError(Exception):
    """The embedded server cannot be used; the text says why in one line."""


class ServerMissingError(EmbeddedValkeyError):
    """No server program of a sufficient version is installed."""


class DataDirectoryError(EmbeddedValkeyError):
    """The data directory is unusable, or another server uses it."""


class ServerStartError(EmbeddedValkeyError):
    """The program ended or never answered; the text ends with its last words."""
