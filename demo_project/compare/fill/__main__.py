"""``python -m demo_project.compare.fill``: reads an order, fills, prints logins."""

import sys
import time

import django

from demo_project.compare.fill.order import FilledLogin, FillOrder, to_json
from demo_project.compare.stores.throw_away_only import refuse_other_servers


def fill(order: FillOrder) -> list[FilledLogin]:
    """Fill the stores of the scheme that is on, and let them come to rest."""
    # Models can be imported only after setup().
    from django.conf import settings  # noqa: PLC0415

    from demo_project.compare.fill import families, rest, sessions  # noqa: PLC0415

    if settings.AUTH_SCHEME == "jwt":
        logins = families.fill(order, now=time.time())
    else:
        logins = sessions.fill(order)
    rest.wait_for_rest()
    return logins


def main() -> None:
    """Read what is ordered, print what is known."""
    refuse_other_servers()
    django.setup()
    sys.stdout.write(to_json(fill(FillOrder.from_json(sys.stdin.read()))))


if __name__ == "__main__":
    main()
