"""What the stores take in all, as their servers say: prints bytes, as JSON."""

import json
import sys
from collections.abc import Mapping

import django


def bytes_taken() -> Mapping[str, int]:
    """Return what Redis takes in memory, and the database on disk."""
    # Settings can be read only after setup().
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from redis import Redis  # noqa: PLC0415

    with Redis.from_url(str(settings.CACHES["default"]["LOCATION"])) as client:
        in_memory = int(client.info("memory")["used_memory"])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute(
                "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            )
        return {"redis": in_memory, "database": int(cursor.fetchone()[0])}


def main() -> None:
    """Print it."""
    django.setup()
    json.dump(bytes_taken(), sys.stdout)


if __name__ == "__main__":
    main()
