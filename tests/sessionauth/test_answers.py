"""What a client is told when its request ends early."""

import pytest
from django.test import RequestFactory

from sessionauth.answers import unavailable, wants_page


class TestUnavailable:
    @pytest.mark.parametrize(
        ("accept", "kind"),
        [
            ("text/html,application/xhtml+xml,*/*;q=0.8", "text/plain; charset=utf-8"),
            ("application/json", "application/json"),
            ("*/*", "application/json"),
        ],
    )
    def test_answer_is_503_in_the_clients_language(
        self, accept: str, kind: str
    ) -> None:
        """Clients and proxies try again; a person can read why."""
        request = RequestFactory().get("/", headers={"accept": accept})

        answer = unavailable(request)

        assert answer.status_code == 503
        assert int(answer["Retry-After"]) > 0
        assert answer["Cache-Control"] == "no-store"
        assert answer["Content-Type"] == kind

    def test_tool_without_accept_header_wants_no_page(self) -> None:
        """Tools such as curl get JSON."""
        assert not wants_page(RequestFactory().get("/"))
