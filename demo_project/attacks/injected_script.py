"""A script of somebody else runs in a page of ours: what can it do, and take away?

In the page it can do whatever the page can: the browser adds the cookies, and the
script can read the CSRF token. What it can take away is what it can read: the body of
every answer, and the cookies that aren't ``HttpOnly``. With that, and nothing else, it
tries to go on from another device, when the page is closed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import SimpleCookie

from demo_project.attacks.stage import Stage, Step
from demo_project.devices import SessionDevice
from demo_project.http_caller import Answer, Caller
from demo_project.recorder import Recorder

NOTE = {"text": "Written by an injected script."}


@dataclass(frozen=True, kw_only=True)
class Loot:
    """What the script carried away."""

    cookies: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    """By their name in a body: ``access`` and ``refresh``."""


def play(stage: Stage) -> tuple[Step, ...]:
    """Use the login in the page, then elsewhere, then once more after its end."""
    page = Recorder(stage.open_device("owner"))
    owner = stage.log_in(page)
    wrote = owner.post("notes/", NOTE).status
    _ask_for_more(page, stage.prefix)
    loot = _loot(page.answers)
    elsewhere = stage.open_device("elsewhere")
    elsewhere.add_cookies(loot.cookies)
    steps = [Step(who="script", what="write in the page", status=wrote)]
    steps.append(_call(elsewhere, loot, stage.prefix))
    if not isinstance(owner, SessionDevice):
        steps.append(_refresh(elsewhere, loot, stage.prefix))
    steps.append(Step(who="owner", what="log out", status=owner.log_out().status))
    return (*steps, _call(elsewhere, loot, stage.prefix))


def _ask_for_more(page: Recorder, prefix: str) -> None:
    """Ask for everything that might show a credential; a refusal shows none."""
    for path in ("api/me/", "auth/sessions/", "auth/account/sessions/"):
        page.send("GET", f"{prefix}/{path}")
    # Cookies into a body: the page's refresh token, but the answer for a program.
    page.send(
        "POST",
        f"{prefix}/auth/token/refresh/",
        body={"delivery": "bearer"},
        headers=_csrf(page.cookies),
    )


def _loot(answers: Sequence[Answer]) -> Loot:
    cookies: dict[str, str] = {}
    tokens: dict[str, str] = {}
    text = b"\n".join(answer.content for answer in answers).decode(errors="replace")
    for answer in answers:
        tokens |= _tokens(answer)
        for line in answer.set_cookies:
            for name, morsel in SimpleCookie(line).items():
                if not morsel["httponly"] or (morsel.value and morsel.value in text):
                    cookies[name] = morsel.value
    return Loot(cookies=cookies, tokens=tokens)


def _tokens(answer: Answer) -> Mapping[str, str]:
    # The body of a refusal names what it misses, too.
    if answer.status != HTTPStatus.OK or not answer.content.startswith(b"{"):
        return {}
    body = json.loads(answer.content)
    return {name: body[name] for name in ("access", "refresh") if name in body}


def _call(elsewhere: Caller, loot: Loot, prefix: str) -> Step:
    headers = {}
    if "access" in loot.tokens:
        headers["Authorization"] = f"Bearer {loot.tokens['access']}"
    answer = elsewhere.send("GET", f"{prefix}/api/me/", headers=headers)
    return Step(who="script", what="call from elsewhere", status=answer.status)


def _refresh(elsewhere: Caller, loot: Loot, prefix: str) -> Step:
    answer = elsewhere.send(
        "POST",
        f"{prefix}/auth/token/refresh/",
        body={name: text for name, text in loot.tokens.items() if name == "refresh"},
        headers=_csrf(loot.cookies),
    )
    return Step(who="script", what="refresh from elsewhere", status=answer.status)


def _csrf(cookies: Mapping[str, str]) -> Mapping[str, str]:
    token = next((cookies[name] for name in cookies if "csrftoken" in name), "")
    return {"X-CSRFToken": token}
