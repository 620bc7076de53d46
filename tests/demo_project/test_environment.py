"""The environment variables: what each does, and one clear line when it is wrong."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from demo_project.environment import CHECKOUT, read_environment


class TestDefaults:
    def test_empty_environment_gives_the_documented_demo(self) -> None:
        """`make demo` needs no variable at all."""
        environment = read_environment({})

        assert environment.auth_scheme == "jwt"
        assert environment.port == 8000
        assert environment.directory == CHECKOUT / ".demo"
        assert environment.database_url is None
        assert environment.redis_url is None
        assert environment.debug is True
        assert environment.secure_cookies is True
        assert environment.counting is False
        assert environment.resource_server is True
        assert environment.second_address == "http://127.0.0.1:8001"

    def test_empty_variable_counts_as_unset(self) -> None:
        """`AUTH_SCHEME= make demo` is how a shell user takes a choice back."""
        assert read_environment({"AUTH_SCHEME": ""}).auth_scheme == "jwt"

    def test_relative_directory_becomes_absolute(self) -> None:
        """Server and commands may run in different working directories."""
        directory = read_environment({"DEMO_DIR": "elsewhere"}).directory

        assert directory == Path.cwd() / "elsewhere"


class TestWrongValues:
    @pytest.mark.requirement("OPS-06")
    @pytest.mark.parametrize(
        ("variables", "said"),
        [
            ({"AUTH_SCHEME": "both"}, "AUTH_SCHEME is 'both': set it to \"jwt\" or"),
            ({"AUTH_SCHEME": "JWT"}, "AUTH_SCHEME is 'JWT'"),
            ({"DEMO_PORT": "eighty"}, "DEMO_PORT is 'eighty': set it to a port number"),
            ({"DEMO_PORT": "0"}, "DEMO_PORT is '0'"),
            ({"DEMO_PORT": "65536"}, "DEMO_PORT is '65536'"),
            (
                {"DEMO_PORT": "65535"},
                "DEMO_PORT is '65535': set it to a port number from 1 to 65534; the se",
            ),
            ({"DEMO_PORT": "²"}, "DEMO_PORT is '²'"),
            ({"DEMO_DEBUG": "yes"}, "DEMO_DEBUG is 'yes': set it to 1 (on) or 0 (off)"),
            ({"DEMO_SECURE_COOKIES": "no"}, "DEMO_SECURE_COOKIES is 'no'"),
            ({"DEMO_RESOURCE_SERVER": "no"}, "DEMO_RESOURCE_SERVER is 'no'"),
            ({"DEMO_HOSTS": "demo.example"}, "DEMO_HOSTS names demo.example while DEB"),
            ({"DEMO_HOSTS": "127.0.0.1,*"}, "DEMO_HOSTS names * while DEBUG is on"),
            (
                {"DEMO_HOSTS": "a.example", "DEMO_DEBUG": "0", "DEMO_COUNTING": "1"},
                "DEMO_HOSTS names a.example while DEMO_COUNTING is 1",
            ),
            ({"DEMO_REVOCATION": "none"}, "DEMO_REVOCATION is 'none'"),
            ({"DEMO_USER_ROW": "yes"}, "DEMO_USER_ROW is 'yes'"),
        ],
    )
    def test_wrong_value_is_refused_in_one_line(
        self, variables: dict[str, str], said: str
    ) -> None:
        """Whoever mistypes a variable must read its name and the cure."""
        with pytest.raises(ImproperlyConfigured) as refused:
            read_environment(variables)

        assert said in str(refused.value)
        assert "\n" not in str(refused.value)

    @pytest.mark.parametrize("port", ["1", "65534"])
    def test_first_and_last_port_are_accepted(self, port: str) -> None:
        """Of the highest of all the second service would have none."""
        assert read_environment({"DEMO_PORT": port}).port == int(port)

    def test_foreign_hosts_without_debug_are_accepted(self) -> None:
        """Behind a proxy of one's own the demo may have another name."""
        environment = read_environment(
            {"DEMO_HOSTS": "demo.example, 127.0.0.1", "DEMO_DEBUG": "0"}
        )

        assert environment.hosts == ("demo.example", "127.0.0.1")

    def test_cookies_without_secure_are_refused_without_debug(self) -> None:
        """The way out for one browser must not reach a real deployment."""
        with pytest.raises(ImproperlyConfigured, match="DEMO_SECURE_COOKIES is 0"):
            read_environment({"DEMO_SECURE_COOKIES": "0", "DEMO_DEBUG": "0"})
