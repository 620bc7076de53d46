"""The explanations say what a reader must know before trusting a token."""

from pathlib import Path

import pytest

EXPLANATION = Path(__file__).parents[2] / "docs/explanation"

HEADINGS = {
    "delivery.md": [
        "What injected script can do (XSS)",
        "What another site can do (CSRF)",
        "How long the cookies stay",
        "What rotation can't stop",
        "An access token does not mean that a user is there",
        "This is not OAuth",
    ],
    "several-services.md": [
        "A token says whom it is for",
        "Who receives a token can use it",
        "A scope must say for which service it is",
    ],
    "sessions.md": [
        "Timeouts",
        "Down is not logged out",
        "The user's row",
        "What this can't do",
    ],
    "refresh-tokens.md": ["The table", "What rotation can't stop"],
}


class TestExplanations:
    @pytest.mark.requirement("OPS-09", "OPS-10", "LGN-09")
    @pytest.mark.parametrize(
        ("page", "heading"),
        [(page, heading) for page in HEADINGS for heading in HEADINGS[page]],
    )
    def test_page_has_its_heading(self, page: str, heading: str) -> None:
        """A threat that nobody is told of is one that nobody guards against."""
        lines = (EXPLANATION / page).read_text("utf-8").splitlines()

        assert f"## {heading}" in lines
        # And something below it.
        assert lines[lines.index(f"## {heading}") + 2]
