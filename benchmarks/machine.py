"""What the figures were taken on: the machine, the servers, every library's version."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.db import connection
from django_redis import get_redis_connection

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
_CPU_INFO = Path("/proc/cpuinfo")


def describe() -> Mapping[str, str]:
    """Name everything that a figure may depend on."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        # Ratios that wait for a server suffer when others want the cores, too.
        "load at the start": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        **_libraries(),
        **_redis(),
        **_database(),
    }


def _processor() -> str:
    if _CPU_INFO.exists():
        for line in _CPU_INFO.read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return " ".join(value.split())
    return platform.processor() or "unknown"


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
    if "valkey_version" in info:
        return {"Valkey": str(info["valkey_version"])}
    return {"Redis": str(info["redis_version"])}


def _database() -> dict[str, str]:
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT sqlite_version()")
            return {"SQLite": str(cursor.fetchone()[0])}
        cursor.execute("SHOW server_version")
        return {"PostgreSQL": str(cursor.fetchone()[0]).split()[0]}
