"""The attacks of ``demo_project.attacks`` that need a browser, in a browser.

There a caller stands in for the browser and is made weaker than one. Here it is real:
what it sends along, and what it lets a script read, is its own decision.
"""

import json
from collections.abc import Mapping

import pytest
from playwright.sync_api import APIResponse

from tests.e2e.conftest import NewVisitor
from tests.e2e.other_site import OtherSite
from tests.e2e.people import PASSWORD
from tests.e2e.stage import Stage
from tests.e2e.visitor import Visitor
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("browser_thread")]

# What a script that was injected into the page runs; it sees what the page can see.
WRITE = """async ([api, token]) => (await fetch(`${api}/notes/`, {
  method: "POST",
  headers: {"Content-Type": "application/json", "X-CSRFToken": token},
  body: JSON.stringify({text: "Written by an injected script."}),
})).status"""
READ_ALL = """async addresses => JSON.stringify([
  document.cookie, {...localStorage}, {...sessionStorage}, location.href,
  ...await Promise.all(addresses.map(async address => (await fetch(address)).text())),
])"""

# A single-page application that keeps its tokens in a variable, as it should.
LOG_IN = """async ([auth, username, password]) => {
  const answer = await fetch(`${auth}/token/`, {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify({username, password, delivery: "bearer"}),
  });
  window.tokens = await answer.json();
}"""
LOG_OUT = """async auth => (await fetch(`${auth}/logout/`, {
  method: "POST", headers: {Authorization: `Bearer ${window.tokens.access}`},
})).status"""
READ_TOKENS = "() => window.tokens"


class TestInjectedScript:
    def test_script_writes_in_the_page(self, new_visitor: NewVisitor) -> None:
        """The browser adds the cookies, and any script can read the CSRF token."""
        visitor = _at_home(new_visitor())

        assert visitor.page.evaluate(WRITE, [_api(visitor), _csrf(visitor)]) == 201
        assert len(_notes(visitor)) == 1

    def test_script_can_not_take_the_login_away(
        self, new_visitor: NewVisitor, stage: Stage
    ) -> None:
        """When the page is closed it must be nobody: the cookies are HttpOnly."""
        visitor = _at_home(new_visitor())
        pages = [f"{_api(visitor)}/me/", f"{visitor.home}/sessions/"]
        pages.append(visitor.account_page)

        seen = visitor.page.evaluate(READ_ALL, pages)

        credentials = visitor.credentials()
        assert "csrftoken" in seen, "it sees what there is to see"
        assert [text for text in credentials.values() if text in seen] == []
        readable = {"Cookie": json.loads(seen)[0]}
        assert _from_elsewhere(stage, visitor, readable).status == 401
        copied = {"Cookie": "; ".join(f"{k}={v}" for k, v in credentials.items())}
        assert _from_elsewhere(stage, visitor, copied).status == 200

    @pytest.mark.parametrize("scheme", ["jwt"])
    def test_script_takes_bearer_tokens_away_until_the_login_ends(
        self, new_visitor: NewVisitor, stage: Stage
    ) -> None:
        """What the page's own script holds, any script of the page does."""
        visitor = new_visitor()
        visitor.open(_root(visitor))
        visitor.page.evaluate(LOG_IN, [visitor.home, visitor.name, PASSWORD])

        tokens = visitor.page.evaluate(READ_TOKENS)

        taken = {"Authorization": f"Bearer {tokens['access']}"}
        assert _from_elsewhere(stage, visitor, taken).status == 200
        assert visitor.page.evaluate(LOG_OUT, visitor.home) == 204
        assert _from_elsewhere(stage, visitor, taken).status == 401


class TestCrossSiteForm:
    @pytest.mark.parametrize("path", ["api/notes/", "auth/logout/"])
    def test_form_of_another_site_changes_nothing(
        self, path: str, new_visitor: NewVisitor, other_site: OtherSite, watch: Watch
    ) -> None:
        """SameSite keeps the cookies at home: the server hears of nobody."""
        visitor = _at_home(new_visitor())
        trap = other_site.show("/trap", _form(visitor, path))

        _status, carried = _spring(visitor, trap, watch)

        assert not carried
        assert visitor.is_logged_in()
        assert _notes(visitor) == []

    @pytest.mark.parametrize("path", ["api/notes/", "auth/logout/"])
    def test_form_of_a_neighbour_changes_nothing_although_the_cookies_come(
        self, path: str, new_visitor: NewVisitor, other_site: OtherSite, watch: Watch
    ) -> None:
        """Another port, or another subdomain, is the same site: the token must do."""
        visitor = _at_home(new_visitor())
        trap = other_site.show("/trap", _form(visitor, path))
        neighbour = trap.replace("//localhost:", "//127.0.0.1:")

        status, carried = _spring(visitor, neighbour, watch)

        assert carried
        assert status == 403
        assert visitor.is_logged_in()
        assert _notes(visitor) == []


def _at_home(visitor: Visitor) -> Visitor:
    """Log in and go where the policy lets the page's scripts fetch."""
    visitor.log_in()
    visitor.open(_root(visitor))
    return visitor


def _root(visitor: Visitor) -> str:
    return visitor.home.rsplit("/", 2)[0] + "/"


def _api(visitor: Visitor) -> str:
    return visitor.home.removesuffix("auth") + "api"


def _csrf(visitor: Visitor) -> str:
    readable: str = visitor.page.evaluate("document.cookie")
    cookies = dict(each.split("=", 1) for each in readable.split("; "))
    return next(cookies[name] for name in cookies if "csrftoken" in name)


def _notes(visitor: Visitor) -> list[object]:
    visitor.open(_root(visitor))
    address = f"{_api(visitor)}/notes/"
    texts: list[str] = json.loads(visitor.page.evaluate(READ_ALL, [address]))[4:]
    return [note for text in texts for note in json.loads(text)]


def _from_elsewhere(
    stage: Stage, visitor: Visitor, headers: Mapping[str, str]
) -> APIResponse:
    """Ask who is calling, from another browser that has no cookies of its own."""
    context = stage.browser.new_context()
    stage.contexts.append(context)
    return context.request.get(f"{_api(visitor)}/me/", headers=dict(headers))


def _form(visitor: Visitor, path: str) -> str:
    address = visitor.home.removesuffix("auth") + path
    return f"""
    <form method="post" action="{address}">
      <input type="hidden" name="text" value="Written by another site.">
      <button>Win a car</button>
    </form>
    """


def _spring(visitor: Visitor, trap: str, watch: Watch) -> tuple[int, bool]:
    """Press its button; return the status, and whether a credential came along."""
    for refusal in (401, 403):
        watch.expect_refusal(refusal)
    visitor.open(trap)
    answer = visitor.click(visitor.page.get_by_role("button"))
    sent = answer.request.all_headers().get("cookie", "")
    return answer.status, any(name in sent for name in visitor.credentials())
