"""What the package does of itself when something happens elsewhere."""

from jwtauth.receivers import accounts, logins, reuse_mail


def connect() -> None:
    """Connect the receivers, once, when every model is loaded."""
    accounts.connect()
    logins.connect()
    reuse_mail.connect()
