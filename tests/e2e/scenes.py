"""Every page of ours in every state that looks different, by name.

A scene brings a visitor there; the tests of accessibility and the program that takes
pictures go through all of them.
"""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route

from tests.e2e import comparing
from tests.e2e.people import PASSWORD
from tests.e2e.stage import Stage
from tests.e2e.visitor import CONFIRM, LOG_IN, Visitor

Options = dict[str, Any]
Scene = Callable[[Stage, str, Options], Page]

SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
DEVICES = (
    SAFARI,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "curl/8.14.1",
)
MOST_GUESSES = 20
TOO_MANY_REQUESTS = 429


def home(stage: Stage, scheme: str, options: Options) -> Page:
    """The home page, for somebody who is logged in."""
    visitor = stage.visitor(scheme, **options)
    visitor.log_in()
    visitor.open(f"{stage.address}/")
    return visitor.page


def home_logged_out(stage: Stage, scheme: str, options: Options) -> Page:
    visitor = stage.visitor(scheme, **options)
    visitor.open(f"{stage.address}/")
    return visitor.page


def login(stage: Stage, scheme: str, options: Options) -> Page:
    visitor = stage.visitor(scheme, **options)
    visitor.open(visitor.login_page)
    visitor.see(LOG_IN)
    return visitor.page


def login_logged_in(stage: Stage, scheme: str, options: Options) -> Page:
    """The form, for somebody who has a login and may want another."""
    visitor = stage.visitor(scheme, **options)
    visitor.log_in()
    visitor.open(visitor.login_page)
    visitor.see(LOG_IN)
    return visitor.page


def login_error(stage: Stage, scheme: str, options: Options) -> Page:
    visitor = stage.visitor(scheme, **options)
    visitor.open(visitor.login_page)
    visitor.send_login("wrong")
    visitor.see_error("Please enter a correct username and password")
    return visitor.page


def login_limit(stage: Stage, scheme: str, options: Options) -> Page:
    """As many logins as allowed: the oldest may be ended."""
    limit = {"MAX_SESSIONS_PER_USER": 1, "SESSION_LIMIT_POLICY": "deny"}
    stage.overrides.write(JWTAUTH=limit, SESSIONAUTH=limit)
    first = stage.visitor(scheme)
    first.log_in()
    visitor = stage.visitor(scheme, first.name, **options)
    visitor.open(visitor.login_page)
    visitor.send_login(PASSWORD)
    visitor.see_error("You are logged in on as many devices as allowed.")
    return visitor.page


def locked_out(stage: Stage, scheme: str, options: Options) -> Page:
    stage.watch.expect_refusal(TOO_MANY_REQUESTS)
    visitor = stage.visitor(scheme, **options)
    guess_until_locked_out(visitor)
    return visitor.page


def step_up(stage: Stage, scheme: str, options: Options) -> Page:
    visitor = stage.visitor(scheme, **options)
    visitor.log_in()
    visitor.open(f"{visitor.home}/account/reauth/")
    visitor.see(CONFIRM)
    return visitor.page


def step_up_error(stage: Stage, scheme: str, options: Options) -> Page:
    visitor = stage.visitor(scheme, **options)
    visitor.log_in()
    visitor.open(f"{visitor.home}/account/reauth/")
    visitor.send_password("wrong")
    visitor.see_error("That is not the right password.")
    return visitor.page


def account_sessions(stage: Stage, scheme: str, options: Options) -> Page:
    """The list, with devices of several kinds."""
    visitor = _with_devices(stage, scheme, options)
    visitor.log_in()
    return visitor.page


def account_sessions_alone(stage: Stage, scheme: str, options: Options) -> Page:
    """The list, with nothing but the browser that asks."""
    visitor = stage.visitor(scheme, **options)
    visitor.log_in()
    return visitor.page


def account_sessions_ended(stage: Stage, scheme: str, options: Options) -> Page:
    """The list, right after another login was ended."""
    visitor = _with_devices(stage, scheme, options)
    visitor.log_in()
    end_one = visitor.main.get_by_role("button", name=re.compile("^End (?!all)")).first
    visitor.click(end_one)
    visitor.page.get_by_role("status").wait_for()
    return visitor.page


def account_sessions_warning(stage: Stage, scheme: str, options: Options) -> Page:
    """The list, after an old copy of a login was used."""
    visitor = _with_devices(stage, scheme, options)
    visitor.log_in()
    thief = stage.visitor(scheme, visitor.name, user_agent=DEVICES[1])
    thief.context.add_cookies(visitor.context.cookies())
    for used in (visitor, visitor, thief):
        used.lose_access_token()
        used.open(used.account_page)
    visitor.log_in()
    return visitor.page


def logged_out(stage: Stage, scheme: str, options: Options) -> Page:
    visitor = stage.visitor(scheme, **options)
    visitor.log_in()
    visitor.press("Log out here")
    return visitor.page


def reload(stage: Stage, scheme: str, options: Options) -> Page:
    """The page that asks for itself again, held where it does so."""
    visitor = stage.visitor(scheme, **options)
    link = f'<a href="{visitor.account_page}">Your logins</a>'
    visitor.open(stage.other_site.show("/mail", link))
    asked = 0

    def hold(route: Route) -> None:
        nonlocal asked
        asked += 1
        route.continue_() if asked == 1 else route.abort("aborted")

    visitor.page.route(visitor.account_page, hold)
    visitor.page.get_by_role("link").click()
    visitor.page.get_by_role("link", name="Continue").wait_for()
    return visitor.page


def second_service(stage: Stage, scheme: str, options: Options) -> Page:
    visitor = stage.visitor(scheme, **options)
    host, _, port = stage.address.rpartition(":")
    visitor.open(f"{host}:{int(port) + 1}/")
    return visitor.page


def guess_until_locked_out(visitor: Visitor) -> int:
    """Send wrong passwords until the answer says to wait; return how many it took."""
    for guesses in range(1, MOST_GUESSES):
        visitor.open(visitor.login_page)
        if visitor.send_login("wrong").status == TOO_MANY_REQUESTS:
            return guesses
    raise AssertionError("nobody stops the guessing")


def _with_devices(stage: Stage, scheme: str, options: Options) -> Visitor:
    visitor = stage.visitor(scheme, **options)
    for device in DEVICES:
        stage.visitor(scheme, visitor.name, user_agent=device).log_in()
    return visitor


BOTH: tuple[Scene, ...] = (
    login,
    login_logged_in,
    login_error,
    login_limit,
    locked_out,
    step_up,
    step_up_error,
    account_sessions,
    account_sessions_alone,
    account_sessions_ended,
    logged_out,
)
# Sessions leave no old copies, and come along with a link from anywhere.
JWT_ALONE: tuple[Scene, ...] = (account_sessions_warning, reload)
# The same whatever is chosen.
NEITHER: tuple[Scene, ...] = (
    home,
    home_logged_out,
    second_service,
    comparing.compare,
    comparing.compare_guide,
    comparing.compare_running,
    comparing.compare_failed,
)

SCENES = {
    **{
        f"{scheme}-{s.__name__}": (scheme, s)
        for scheme in ("jwt", "session")
        for s in BOTH
    },
    **{f"jwt-{scene.__name__}": ("jwt", scene) for scene in JWT_ALONE},
    **{scene.__name__: ("jwt", scene) for scene in NEITHER},
}
