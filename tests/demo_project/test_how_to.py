"""The how-to page shows the lines that are tested, and every variable there is."""

import re

import pytest

from demo_project.environment import CHECKOUT

PAGE = (CHECKOUT / "docs" / "how-to" / "run-the-demo.md").read_text()


@pytest.mark.parametrize("scheme", ["jwt", "session"])
def test_curl_lines_are_those_of_the_home_page(scheme: str) -> None:
    """Those are pasted into a shell by a test; a copy could fall behind."""
    template = (CHECKOUT / "templates" / "demo" / f"curl_{scheme}.txt").read_text()

    assert template.replace("{{ base }}", "http://127.0.0.1:8000") in PAGE


@pytest.mark.parametrize("name", ["curl", "curl_cookie"])
def test_curl_lines_are_those_of_the_second_services_page(name: str) -> None:
    """The same holds for the second service."""
    lines = (CHECKOUT / "templates/resource_server" / f"{name}.txt").read_text()
    for variable, port in (("issuer", 8000), ("here", 8001)):
        lines = lines.replace(f"{{{{ {variable} }}}}", f"http://127.0.0.1:{port}")

    assert lines in PAGE


def test_every_environment_variable_is_documented() -> None:
    """A variable that is only in the code is found by nobody."""
    source = (CHECKOUT / "demo_project" / "environment.py").read_text()
    read = set(re.findall(r'"((?:AUTH|DEMO|REDIS|DATABASE)_[A-Z_]+)"', source))

    documented = set(re.findall(r"^\| `([A-Z_]+)`", PAGE, flags=re.MULTILINE))

    assert documented == read
