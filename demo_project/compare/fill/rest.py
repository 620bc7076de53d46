"""What servers do of their own accord after many writes, done before anybody measures.

Redis rewrites its append-only file, PostgreSQL clears up and takes statistics.
"""

import time

from django.conf import settings
from django.db import connection
from redis import Redis

LONGEST_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.1


def wait_for_rest() -> None:
    """Return once neither of the servers has anything left to do.

    Raises:
        TimeoutError: Redis is still rewriting its file.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
            cursor.execute("CHECKPOINT")
    deadline = time.monotonic() + LONGEST_SECONDS
    with Redis.from_url(str(settings.CACHES["default"]["LOCATION"])) as client:
        while client.info("persistence")["aof_rewrite_in_progress"]:
            if time.monotonic() > deadline:
                raise TimeoutError("Redis has not finished rewriting its file.")
            time.sleep(LOOK_EVERY_SECONDS)
