"""The README is tried against a demo of the test's own."""

from tests.demo_project.conftest import start_demo

__all__ = ["start_demo"]
