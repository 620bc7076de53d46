"""A page of another site holds a form that posts to the API, and sends it by itself.

Here the browser is one that sends its cookies along, though ``SameSite`` should keep
them: an old one, or one whose page stands on another host of the same site. What
refuses the form then is that it can't know the CSRF token. Where the credential is a
header, there is nothing that a form could send.
"""

from demo_project.attacks.stage import Stage, Step
from demo_project.http_caller import Caller

# What a browser says of a form, and no form can leave out or change.
HEADERS = {"Origin": "http://other-site.example", "Sec-Fetch-Site": "cross-site"}


def play(stage: Stage) -> tuple[Step, ...]:
    """Log in, visit the other site, and see whether anything happened."""
    browser = stage.open_device("owner")
    owner = stage.log_in(browser)
    return (
        _form(browser, "write", f"{stage.prefix}/api/notes/"),
        _form(browser, "log out", f"{stage.prefix}/auth/logout/"),
        Step(who="owner", what="call", status=owner.call("me/").status),
    )


def _form(browser: Caller, what: str, path: str) -> Step:
    answer = browser.send(
        "POST", path, form={"text": "Written by another site."}, headers=HEADERS
    )
    return Step(who="form", what=what, status=answer.status)
