"""A caller that asks the server how much of its time the hash of a password took."""

from collections.abc import Mapping

from demo_project.compare.counting import ASK_HEADER
from demo_project.http_caller import Answer, HttpCaller

HASH_HEADER = "X-Count-Hash"
"""In microseconds; a server that doesn't take that time doesn't send it."""


class HashCaller(HttpCaller):
    """Adds up what the answers say."""

    def __init__(self, port: int, *, device: str) -> None:
        """Begin with nothing sent."""
        super().__init__(port, device=device)
        self.hash_seconds: float | None = None
        """None where no answer has said anything."""

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and add what its hash took."""
        asking = {**(headers or {}), ASK_HEADER: "1"}
        answer = super().send(method, path, body=body, headers=asking)
        told = answer.headers.get(HASH_HEADER.lower())
        if told is not None:
            self.hash_seconds = (self.hash_seconds or 0.0) + int(told) / 1_000_000
        return answer
