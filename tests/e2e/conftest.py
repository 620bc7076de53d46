"""A server, a browser, and people who use it; each worker has its own.

The tests run in the browser's thread (``chromium``); fixtures don't.
"""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.demo_project.demo_process import DemoProcess
from tests.e2e.chromium import BrowserThread, require_chromium
from tests.e2e.other_site import OtherSite
from tests.e2e.overrides import Overrides
from tests.e2e.people import names
from tests.e2e.server import running_server
from tests.e2e.stage import Stage
from tests.e2e.visitor import Visitor
from tests.e2e.watch import Watch

NewVisitor = Callable[..., Visitor]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that uses the browser in the browser's thread."""
    thread = pyfuncitem.funcargs.get("browser_thread")
    if not isinstance(thread, BrowserThread):
        return None
    wanted = pyfuncitem._fixtureinfo.argnames
    thread.run(pyfuncitem.obj, **{name: pyfuncitem.funcargs[name] for name in wanted})
    return True


@pytest.fixture(scope="session")
def browser_thread() -> Iterator[BrowserThread]:
    with BrowserThread(require_chromium()) as thread:
        yield thread


@pytest.fixture(scope="session")
def server(
    browser_thread: BrowserThread, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DemoProcess]:
    """The demo with people of these tests; not started where there is no browser."""
    with running_server(tmp_path_factory.mktemp("e2e")) as server:
        yield server


@pytest.fixture(scope="session")
def _names() -> Iterator[str]:
    """A user for each test, whom no other test knows."""
    return names()


@pytest.fixture(scope="session")
def other_site() -> Iterator[OtherSite]:
    with OtherSite() as site:
        yield site


@pytest.fixture
def stage(
    browser_thread: BrowserThread,
    server: DemoProcess,
    other_site: OtherSite,
    _names: Iterator[str],
) -> Iterator[Stage]:
    """What a test is made with; what no page may do fails it."""
    stage = Stage(
        browser=browser_thread.browser,
        address=f"http://127.0.0.1:{server.port}",
        directory=server.directory,
        overrides=Overrides(server.directory),
        other_site=other_site,
        names=_names,
        watch=Watch(),
        contexts=[],
    )
    yield stage
    browser_thread.run(stage.close)
    assert stage.watch.faults == []


@pytest.fixture
def overrides(stage: Stage) -> Overrides:
    return stage.overrides


@pytest.fixture
def watch(stage: Stage) -> Watch:
    return stage.watch


@pytest.fixture(params=["jwt", "session"])
def scheme(request: pytest.FixtureRequest) -> str:
    scheme: str = request.param
    return scheme


@pytest.fixture
def new_visitor(stage: Stage, scheme: str) -> NewVisitor:
    """Let the same user come with a browser that nobody has seen yet."""
    name = next(stage.names)
    return partial(stage.visitor, scheme, name)
