"""Create one user; the name is the argument, the password comes on standard input.

A program of its own, because the comparison itself doesn't load the settings of the
servers it starts: there are two at a time.
"""

import sys

import django


def main() -> None:
    """Create the user in the database that the environment names."""
    django.setup()
    # Models can be imported only after setup().
    from django.contrib.auth.models import User  # noqa: PLC0415

    User.objects.create_user(sys.argv[1], password=sys.stdin.read())


if __name__ == "__main__":
    main()
