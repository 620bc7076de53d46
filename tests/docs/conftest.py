"""Fixtures of the pages: a demo of the test's own, and a user with a browser."""

from tests.demo_project.conftest import start_demo
from tests.jwtauth.conftest import alice, caller, jwtauth_settings

__all__ = ["alice", "caller", "jwtauth_settings", "start_demo"]
