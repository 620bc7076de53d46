"""The pages of both apps are the same pages, plain and complete as they come."""

from demo_project.environment import CHECKOUT

ONLY_IN_ONE = {"reload.html"}
"""Only cookies that are SameSite=Strict need a page that reloads itself."""


def _templates(app: str) -> dict[str, str]:
    directory = CHECKOUT / app / "templates" / app
    return {
        str(path.relative_to(directory)): path.read_text("utf-8")
        for path in sorted(directory.glob("*.html"))
        if path.name not in ONLY_IN_ONE
    }


class TestTwins:
    def test_templates_are_equal_but_for_the_apps_name(self) -> None:
        """Who restyles one app has restyled the other."""
        jwt = {n: t.replace("jwtauth", "APP") for n, t in _templates("jwtauth").items()}
        session = {
            n: t.replace("sessionauth", "APP")
            for n, t in _templates("sessionauth").items()
        }

        assert jwt == session
        assert {"base.html", "login.html", "reauth.html"} < jwt.keys()
