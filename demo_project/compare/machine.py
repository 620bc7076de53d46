"""What the figures are taken on."""

import os
import platform
from importlib.metadata import version

import redis

from demo_project.compare.result import Machine
from demo_project.compare.servers.database import Database
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.hardware import processor, redis_product, system

NAMED_PACKAGES = ("Django", "djangorestframework", "PyJWT", "redis", "granian")


def machine(mode: OpenMode, database: Database) -> Machine:
    """Name the machine and the versions; the server behind Redis is asked."""
    versions = {"Python": platform.python_version()}
    versions |= {name: version(name) for name in NAMED_PACKAGES}
    product, number = _product_of(mode.server.valkey.url)
    name, _, release = database.name.partition(" ")
    return Machine(
        system=f"{system()}, {processor()}",
        processors=os.cpu_count() or 0,
        versions=versions | {product: number, name: release},
    )


def _product_of(url: str) -> tuple[str, str]:
    with redis.Redis.from_url(url) as client:
        return redis_product(client.info("server"))
