"""Fixtures of the pages: a user and her client."""

from tests.jwtauth.conftest import alice, caller, jwtauth_settings

__all__ = ["alice", "caller", "jwtauth_settings"]
