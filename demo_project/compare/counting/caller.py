"""A caller that asks with every request for its cost, and adds it up."""

from collections.abc import Mapping
from dataclasses import dataclass

from demo_project.compare.counting.middleware import (
    ASK_HEADER,
    HASH_HEADER,
    REDIS_HEADER,
    SQL_HEADER,
)
from demo_project.http_caller import Answer, Caller


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


class CountingCaller:
    """Sends through another caller; ``cost`` is that of all its requests."""

    def __init__(self, caller: Caller) -> None:
        """Begin with nothing sent."""
        self._caller = caller
        self.cost = Cost()

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that the next request carries."""
        return self._caller.cookies

    def add_cookies(self, cookies: Mapping[str, str]) -> None:
        """Carry these cookies too."""
        self._caller.add_cookies(cookies)

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
        answer = self._caller.send(method, path, body=body, form=form, headers=asking)
        self.cost += cost_of(answer)
        return answer


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
