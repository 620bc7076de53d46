"""One primary with one replica, without anybody who would promote it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import redis

from demo_project.embedded_valkey import EmbeddedValkey
from demo_project.ports import HOST, reserved_port
from tests.harness.patience import until


@dataclass(frozen=True)
class Replicated:
    """The two servers."""

    primary: EmbeddedValkey
    replica: EmbeddedValkey

    def wait_until_in_step(self) -> None:
        """Wait until the replica follows the primary."""
        until(self._is_in_step)

    def _is_in_step(self) -> bool:
        with redis.Redis.from_url(self.primary.url) as client:
            state = client.info("replication")
        return bool(
            state["connected_slaves"] == 1 and state["slave0"]["state"] == "online"
        )


@contextmanager
def replicated() -> Iterator[Replicated]:
    """Run the two servers."""
    with ExitStack() as stack:
        port = stack.enter_context(reserved_port())
        options = {"hz": "100", "repl-diskless-sync-delay": "0"}
        primary = EmbeddedValkey(options={**options, "port": str(port), "bind": HOST})
        replica = EmbeddedValkey(options={**options, "replicaof": f"{HOST} {port}"})
        servers = Replicated(stack.enter_context(primary), stack.enter_context(replica))
        servers.wait_until_in_step()
        yield servers
