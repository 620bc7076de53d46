"""Another worker process: reads refresh tokens, one a line, and writes successors.

``python -m tests.jwtauth.refreshing_process DATABASE``
"""

import os
import sys

import django


def main(database: str) -> None:
    """Refresh every token that comes, until there is no more input."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.db import connection  # noqa: PLC0415 # needs the settings

    from tests.jwtauth.caller import Caller  # noqa: PLC0415 # the same

    connection.settings_dict["NAME"] = database
    caller = Caller()
    for line in sys.stdin:
        response = caller.refresh(line.strip())
        body = response.json()
        print(response.status_code, body.get("refresh"), flush=True)  # noqa: T201 # its answer


if __name__ == "__main__":
    main(sys.argv[1])
