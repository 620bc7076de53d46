"""The how-to that adds sessions to a project, followed to the letter in a new one."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo_project.embedded_valkey import EmbeddedValkey
from demo_project.ports import reserved_port, wait_until_it_answers
from tests.demo_project.demo_process import clean_environment
from tests.harness.programs import require_program

PAGE = (Path(__file__).parents[2] / "docs/how-to/add-sessions.md").read_text("utf-8")
SETTINGS, URLS, TEST_SETTINGS, TESTS = re.findall(
    r"```python\n(.*?)```", PAGE, re.DOTALL
)
(CALLS,) = (
    block
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    if "curl" in block
)
DJANGOS, OURS = re.findall(r"`([\w.]+\.SessionMiddleware)`", PAGE)[:2]
ADDRESS = re.compile(r"redis://127\.0\.0\.1:6379/(\d)")

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Project:
    """What ``startproject`` made, after the page was followed in it."""

    directory: Path

    def manage(self, *arguments: str) -> str:
        return run([sys.executable, "manage.py", *arguments], self.directory)


def run(command: list[str], directory: Path) -> str:
    """Return what a command says; one that fails fails the test, with its words."""
    password = {"DJANGO_SUPERUSER_PASSWORD": "tandem-demo"}
    done = subprocess.run(  # noqa: S603 # our own page
        command,
        cwd=directory,
        env=clean_environment() | password,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A new project with the page's code, its tables and its user."""
    directory = tmp_path_factory.mktemp("project")
    run([sys.executable, "-m", "django", "startproject", "mysite", "."], directory)
    package = directory / "mysite"
    settings = package / "settings.py"
    django = settings.read_text("utf-8")
    assert DJANGOS in django
    with EmbeddedValkey(directory / "valkey") as server:
        served = server.url.replace("db=0", r"db=\1")
        ours = ADDRESS.sub(served, SETTINGS)
        settings.write_text(django.replace(DJANGOS, OURS) + ours, "utf-8")
        for_tests = ADDRESS.sub(served, TEST_SETTINGS)
        (package / "test_settings.py").write_text(for_tests, "utf-8")
        (package / "urls.py").write_text(URLS, "utf-8")
        (package / "tests.py").write_text(TESTS, "utf-8")
        made = Project(directory)
        made.manage("migrate")
        for command in re.findall(r"manage\.py (createsuperuser .*)", PAGE):
            made.manage(*command.split(), "--noinput")
        yield made


@pytest.fixture
def port(project: Project) -> Iterator[int]:
    """Where the project is served."""
    with reserved_port() as port:
        yield from _served(project, port)


def _served(project: Project, port: int) -> Iterator[int]:
    server = subprocess.Popen(  # noqa: S603 # our own page
        [sys.executable, "manage.py", "runserver", "--noreload", str(port)],
        cwd=project.directory,
        env=clean_environment(),
    )
    try:
        assert wait_until_it_answers(port, lambda: server.poll() is not None)
        yield port
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def test_checks_have_nothing_to_say_of_the_settings_of_the_page(
    project: Project,
) -> None:
    """Who copies the page must not be warned of what the page says."""
    assert "no issues" in project.manage("check")
    said = re.findall(r"sessionauth\.[EWI]\d+", project.manage("check", "--deploy"))
    assert said == ["sessionauth.W012"]
    assert "`sessionauth.W012`" in PAGE


def test_curl_lines_of_the_page_answer_as_they_say(project: Project, port: int) -> None:
    """Each line says behind ``#`` which status it prints; bash says the same."""
    bash = require_program("bash", "apt-get install bash")
    require_program("curl", "apt-get install curl")
    script = CALLS.replace("127.0.0.1:8000", f"127.0.0.1:{port}")

    said = run([bash, "-u", "-c", script], project.directory)

    promised = re.findall(r"# (\d{3})$", CALLS, re.MULTILINE)
    assert said.split() == promised
    assert promised


def test_tests_of_the_page_pass(project: Project) -> None:
    """Nobody keeps an app with which the own tests can't log in."""
    (command,) = re.findall(r"manage\.py (test .*)", PAGE)

    assert "Ran 1 test" in project.manage(*command.split())


def test_page_for_the_logged_in_sends_to_the_login_page(
    project: Project, port: int
) -> None:
    """Without LOGIN_URL it is Django's ``/accounts/login/``, which is not there."""
    curl = require_program("curl", "apt-get install curl")
    site = f"http://127.0.0.1:{port}/"

    page = run([curl, "-sSfL", "-w", "%{url_effective}", site], project.directory)

    assert "Remember me" in page
    assert page.endswith("/session/auth/login/?next=/")
