"""A page of another site holds a form that posts to the API, and sends it by itself.

Here the browser is one that sends its cookies along, though ``SameSite`` should keep
them: an old one, or one whose page stands on another host of the same site. A
browser of today says where the form comes from, and that is refused; an old one says
nothing, and the form is refused because it can't know the CSRF token. Where the
credential is a header, there is nothing that a form could send.
"""

from collections.abc import Mapping

from demo_project.attacks.stage import Stage, Step
from demo_project.http_caller import Caller

# What a browser of today says of a form, and no form can leave out or change.
TOLD = {"Origin": "http://other-site.example", "Sec-Fetch-Site": "cross-site"}
UNTOLD: Mapping[str, str] = {}


def play(stage: Stage) -> tuple[Step, ...]:
    """Log in, visit the other site, and see whether anything happened."""
    browser = stage.open_device("owner")
    owner = stage.log_in(browser)
    write, leave = f"{stage.prefix}/api/notes/", f"{stage.prefix}/auth/logout/"
    return (
        _form(browser, "write", write, TOLD),
        _form(browser, "log out", leave, TOLD),
        _form(browser, "write from an old browser", write, UNTOLD),
        _form(browser, "log out from an old browser", leave, UNTOLD),
        Step(who="owner", what="call", status=owner.call("me/").status),
    )


def _form(browser: Caller, what: str, path: str, headers: Mapping[str, str]) -> Step:
    text = {"text": "Written by another site."}
    answer = browser.send("POST", path, form=text, headers=headers)
    return Step(who="form", what=what, status=answer.status)
