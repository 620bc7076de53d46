"""Redis Cluster: the connection factory for ``CACHES``, and the way of our own keys.

django-redis knows no Cluster. ``ClusterConnectionFactory`` gives its clients one, so
that an alias of ``CACHES`` serves the cache and the sessions alike.

The sessions use redis-py's client as a map of the cluster alone, and talk to the nodes
themselves: ``WAIT`` counts what its own connection wrote, and redis-py asks every node
in turn for a new map when one is gone, each for as long as the time limit.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django_redis.pool import ConnectionFactory
from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.connection import parse_url
from redis.exceptions import (
    AskError,
    ClusterDownError,
    ConnectionError,  # noqa: A004 # redis-py's name
    MovedError,
    SlotNotCoveredError,
    TimeoutError,  # noqa: A004 # redis-py's name
    TryAgainError,
)
from redis.retry import Retry

from sessionauth.stores.exchange import (
    Answers,
    Call,
    KeyedCall,
    exchange,
    exchange_each,
)

PORT = 6379
_REFRESH_SECONDS = 0.5
# The node is gone, or it knows no better than we do.
_GONE = (
    TryAgainError,
    ClusterDownError,
    SlotNotCoveredError,
    ConnectionError,
    TimeoutError,
)


class ClusterConnectionFactory(ConnectionFactory):  # type: ignore[misc] # untyped
    """``OPTIONS["CONNECTION_FACTORY"]`` of an alias whose servers are a Redis Cluster.

    ``LOCATION`` names one node or several, from any of which the others are found.
    ``OPTIONS`` mean what they mean to django-redis; a database number is refused,
    because a cluster has but one.
    """

    def get_connection(self, params: dict[str, Any]) -> RedisCluster:
        """Return the client for one address, the same at every call."""
        address = params["url"]
        # django-redis makes a factory for every thread and keeps pools for them all.
        if address not in self._pools:
            self._pools[address] = self.make_client([address])
        client: RedisCluster = self._pools[address]
        return client

    def disconnect(self, connection: RedisCluster) -> None:
        """Close the connections to every node."""
        connection.disconnect_connection_pools()

    def make_client(self, addresses: Sequence[str]) -> RedisCluster:
        """Return a new client that learns the cluster from one of ``addresses``.

        Raises:
            RedisClusterException: none of them answers.
        """
        options = self.make_connection_params(addresses[0]) | self.pool_cls_kwargs
        retry = options.pop("retry", None) or Retry(NoBackoff(), 1)
        # The nodes' pools choose their own parser.
        options.pop("parser_class", None)
        others = [_node(address) for address in addresses[1:]]
        return RedisCluster(
            startup_nodes=others,
            retry=retry,
            # Who is logged in on the other nodes stays so when one is gone.
            require_full_coverage=False,
            **options,
        )


class Cluster:
    """The nodes of a cluster; each key's commands go to the primary that has it."""

    def __init__(self, client: RedisCluster) -> None:
        """Take over a client for its map and its connection pools."""
        self._client = client
        self._lock = threading.Lock()
        self._refreshing: threading.Thread | None = None

    def send(self, key: str | bytes, *calls: Call) -> Answers:
        """Send calls about one key on one connection; a second time if it has moved.

        Raises what redis-py raises.
        """
        try:
            return self._send(key, calls)
        except MovedError as error:
            self._refresh()
            return self._follow(error, calls)
        except AskError as error:
            return self._follow(error, calls)
        except _GONE:
            self._refresh()
        return self._send(key, calls)

    def send_each(self, calls: Sequence[KeyedCall]) -> Answers:
        """Send calls about a key each, in one round trip per node.

        They are all sent again if a node is gone, so they only read. Errors that have
        nothing to do with the cluster are among the answers.
        """
        try:
            answers = self._send_each(calls)
        except _GONE:
            self._refresh()
            answers = self._send_each(calls)
        if any(isinstance(answer, MovedError) for answer in answers):
            self._refresh()
        return [*map(self._follow_each, answers, calls)]

    def primaries(self) -> list[Redis]:
        """Return a client of every node that holds keys of its own."""
        nodes = self._client.get_primaries()
        return [self._client.get_redis_connection(node) for node in nodes]

    def _send(self, key: str | bytes, calls: Sequence[Call]) -> Answers:
        return exchange(self._primary_of(key), *calls)

    def _send_each(self, calls: Sequence[KeyedCall]) -> Answers:
        places_of: dict[Redis, list[int]] = {}
        for place, call in enumerate(calls):
            places_of.setdefault(self._primary_of(call[1]), []).append(place)
        answers: Answers = [None] * len(calls)
        for client, places in places_of.items():
            found = exchange_each(client, [calls[place] for place in places])
            for place, answer in zip(places, found, strict=True):
                if isinstance(answer, Exception) and isinstance(answer, _GONE):
                    raise answer
                answers[place] = answer
        return answers

    def _primary_of(self, key: str | bytes) -> Redis:
        node = self._client.get_node_from_key(key)
        return self._client.get_redis_connection(node)

    def _follow(self, error: AskError, calls: Sequence[Call]) -> Answers:
        client, first = self._whereto(error)
        return exchange(client, *first, *calls)[len(first) :]

    def _follow_each(self, answer: object, call: Call) -> object:
        if not isinstance(answer, AskError):
            return answer
        client, first = self._whereto(answer)
        return exchange_each(client, [*first, call])[-1]

    def _whereto(self, error: AskError) -> tuple[Redis, list[Call]]:
        """Return who has the key now, or is about to, and what to tell them first.

        The error knows better than the map, which may come from a node that has not
        heard of the move yet.
        """
        node = self._client.get_node(host=error.host, port=error.port)
        if node is None:
            raise error
        first: list[Call] = [] if isinstance(error, MovedError) else [("ASKING",)]
        return self._client.get_redis_connection(node), first

    def _refresh(self) -> None:
        """Let one thread learn the map anew and wait for it, but not for long.

        redis-py asks node after node. If all of them hang that takes seconds, and
        whoever comes meanwhile would queue for more of the same.
        """
        with self._lock:
            if self._refreshing is None or not self._refreshing.is_alive():
                self._refreshing = threading.Thread(target=self._learn, daemon=True)
                self._refreshing.start()
            refreshing = self._refreshing
        refreshing.join(_REFRESH_SECONDS)

    def _learn(self) -> None:
        # Whatever goes wrong here, the command that is sent again will tell of it.
        with suppress(Exception):
            self._client.nodes_manager.initialize()


def _node(address: str) -> ClusterNode:
    parts = parse_url(address)
    return ClusterNode(parts.get("host", "localhost"), parts.get("port", PORT))
