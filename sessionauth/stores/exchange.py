"""One exchange with one server: calls that share a connection and a round trip."""

from collections.abc import Sequence
from typing import TypeAlias

from redis import Redis

from sessionauth.stores.round_trip import Argument, round_trip

Call: TypeAlias = tuple[Argument, ...]
KeyedCall: TypeAlias = tuple[str, str, *tuple[Argument, ...]]
"""Name, key, and whatever follows."""
Answers: TypeAlias = list[object]


def exchange(client: Redis, *calls: Call) -> Answers:
    """Send ``calls`` one after the other on one connection and return their answers.

    Other clients' calls may come in between.

    Raises:
        RedisError: no answer, or the first error among the answers.
    """
    if len(calls) == 1:
        return [round_trip(client, *calls[0])]
    answers = exchange_each(client, calls)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def exchange_each(client: Redis, calls: Sequence[Call]) -> Answers:
    """Do as ``exchange`` does, but return an error as the answer that it is.

    Raises:
        RedisError: no answer.
    """
    with client.pipeline(transaction=False) as pipe:
        for call in calls:
            pipe.execute_command(*call)
        answers: Answers = pipe.execute(raise_on_error=False)
    return answers
