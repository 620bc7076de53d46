"""What the denylist holds on a server."""

from itertools import chain

import redis


def entries(client: redis.Redis) -> dict[str, float]:
    """Return each entry and the instant until which it blocks, in Unix milliseconds."""
    decode = client.get_encoder().decode
    members = chain.from_iterable(
        client.zrange(shard, 0, -1, withscores=True)
        for shard in client.keys("*:denylist:*")
    )
    found = {decode(name, force=True): until for name, until in members}
    return {name: until for name, until in found.items() if name.startswith("sid:")}
