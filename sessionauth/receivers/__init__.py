"""What the package does of itself when something happens elsewhere."""

from sessionauth.receivers import accounts, logins


def connect() -> None:
    """Connect the receivers, once, when every model is loaded."""
    logins.connect()
    accounts.connect()
