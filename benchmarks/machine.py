"""What the figures were taken on: the machine, the servers, every library's version."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from django.db import connection
from django_redis import get_redis_connection

from demo_project.hardware import processor, redis_product, system

LIBRARIES = {
    "Django": "django",
    "Django REST framework": "djangorestframework",
    "PyJWT": "pyjwt",
    "cryptography": "cryptography",
    "redis-py": "redis",
    "hiredis": "hiredis",
    "django-redis": "django-redis",
    "psycopg": "psycopg",
    "simplejwt": "djangorestframework-simplejwt",
    "knox": "django-rest-knox",
}


def describe() -> Mapping[str, str]:
    """Name everything that a figure may depend on."""
    return {
        "system": system(),
        "processor": processor(),
        "cores": str(os.cpu_count()),
        # Ratios that wait for a server suffer when others want the cores, too.
        "load at the start": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        **_libraries(),
        **_redis(),
        **_database(),
    }


def _libraries() -> dict[str, str]:
    found = {}
    for name, distribution in LIBRARIES.items():
        try:
            found[name] = version(distribution)
        except PackageNotFoundError:
            continue
    return found


def _redis() -> dict[str, str]:
    info = get_redis_connection("default").info("server")
    product, number = redis_product(info)
    return {product: number}


def _database() -> dict[str, str]:
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT sqlite_version()")
            return {"SQLite": str(cursor.fetchone()[0])}
        cursor.execute("SHOW server_version")
        return {"PostgreSQL": str(cursor.fetchone()[0]).split()[0]}
