"""The steps of most tests with two processes: log in at the demo, call the second."""

from demo_project.devices import JwtDevice
from demo_project.http_caller import Answer
from tests.demo_project.demo_process import DemoProcess


def access_token(demo: DemoProcess) -> str:
    """Log alice in; return what the demo gives her for both services."""
    alice = JwtDevice(demo.call(), "/jwt")
    alice.log_in("alice", "tandem-demo")
    return alice.access_token


def whoami(process: DemoProcess, token: str) -> Answer:
    """Ask the second service that a process runs, or has started, about a token."""
    headers = {"Authorization": f"Bearer {token}"}
    with process.call_second() as caller:
        return caller.send("GET", "/api/whoami/", headers=headers)
