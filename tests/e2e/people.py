"""Users of the server in these tests: one for each test, so that none meets another."""

from collections.abc import Iterator

PASSWORD = "a-password-for-tests"
HOW_MANY = 300


def names() -> Iterator[str]:
    """Yield the users' names, each once; the first is for the picture of the README."""
    yield "alice"
    yield from (f"guest{number}" for number in range(HOW_MANY))


def make_people() -> None:
    """Make them all, for the price of one password."""
    from django.contrib.auth.hashers import make_password  # noqa: PLC0415
    from django.contrib.auth.models import User  # noqa: PLC0415

    password = make_password(PASSWORD)
    User.objects.bulk_create(User(username=name, password=password) for name in names())
