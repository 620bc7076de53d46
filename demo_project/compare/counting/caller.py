"""A caller that asks with every request for its cost, and adds it up."""

from collections.abc import Mapping
from dataclasses import dataclass

from demo_project.compare.counting.middleware import (
    ASK_HEADER,
    HASH_HEADER,
    REDIS_HEADER,
    SQL_HEADER,
)
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.devices import Device
from demo_project.http_caller import Answer, Caller, PassingCaller


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What requests cost inside the server."""

    sql: int = 0
    redis: int = 0
    hash_seconds: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        """Return what both cost."""
        return Cost(
            sql=self.sql + other.sql,
            redis=self.redis + other.redis,
            hash_seconds=self.hash_seconds + other.hash_seconds,
        )


class CountingCaller(PassingCaller):
    """Asks with every request; ``cost`` is that of all of them."""

    def __init__(self, caller: Caller) -> None:
        """Begin with nothing sent."""
        super().__init__(caller)
        self.cost = Cost()

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and add its cost."""
        asking = {**(headers or {}), ASK_HEADER: "1"}
        answer = super().send(method, path, body=body, form=form, headers=asking)
        self.cost += cost_of(answer)
        return answer


def counting_login(mode: OpenMode, name: str) -> Device:
    """Return a device that is logged in, and whose answers all tell their cost.

    Raises:
        RequestFailedError: The login was refused.
    """
    device = mode.mode.device(CountingCaller(mode.open_caller(name)))
    device.log_in(mode.server.username, mode.server.password)
    return device


def cost_of(answer: Answer) -> Cost:
    """Return what the answer to a request that asked for its cost says.

    Raises:
        KeyError: It says nothing: the server doesn't count.
    """
    return Cost(
        sql=int(answer.headers[SQL_HEADER.lower()]),
        redis=int(answer.headers[REDIS_HEADER.lower()]),
        hash_seconds=int(answer.headers[HASH_HEADER.lower()]) / 1_000_000,
    )
