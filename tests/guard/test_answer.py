"""What is told where no guess is to be had: one answer, whatever was brought."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from demo_project.lockout import answer
from tests.contracts.visitor import PASSWORD
from tests.guard.ways import LOGINS, Device, Way

EACH_LOGIN = pytest.mark.parametrize("way", LOGINS, ids=str)


def locked_out(way: Way, name: str = "alice") -> Device:
    """Return a device that has no guess left."""
    device = Device(way)
    for i in range(5):
        device.tries(f"wrong-{i}", name)
    return device


def told(response: HttpResponse) -> tuple[int, str, str]:
    body = response.content.decode()
    return response.status_code, response["Content-Type"], body


@pytest.mark.requirement("LGN-01")
@pytest.mark.usefixtures("guarded")
class TestAnswer:
    def test_page_or_json_says_when_to_try_again(self, alice: User, way: Way) -> None:
        """A person needs words, a program a code; both have to know how long."""
        response = locked_out(way).tries("wrong")

        assert response.status_code == 429
        assert 0 < int(response["Retry-After"]) <= 60
        assert "no-store" in response["Cache-Control"]
        if way.is_page:
            assert "Wait a minute, then try again." in response.content.decode()
        else:
            assert response.json() == {
                "detail": "Too many attempts. Try again later.",
                "code": "too_many_attempts",
            }

    @pytest.mark.requirement("LGN-02")
    @EACH_LOGIN
    def test_answer_tells_neither_names_nor_passwords(
        self, alice: User, way: Way
    ) -> None:
        """A guess that is refused must tell nothing, or it was one."""
        wrong = locked_out(way).tries("wrong")
        right = locked_out(way).tries(PASSWORD)
        unknown = locked_out(way, "nobody").tries("wrong", "nobody")

        assert told(wrong) == told(right) == told(unknown)

    def test_account_without_guesses_is_promised_no_hour(self, alice: User) -> None:
        """No wait brings one back; who is told one would come again for nothing."""
        page = next(way for way in LOGINS if way.is_page)
        device = locked_out(page)
        AccessAttempt.objects.update(failures_since_start=100)

        response = device.tries("wrong")

        assert response.status_code == 429
        assert "Retry-After" not in response
        assert "ask for help" in response.content.decode()

    def test_page_has_the_headers_of_pages(self, alice: User) -> None:
        """It stands in the place of one."""
        page = next(way for way in LOGINS if way.is_page)

        response = locked_out(page).tries("wrong")

        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert response["X-Content-Type-Options"] == "nosniff"

    def test_refusal_cleans_nothing_up(self, alice: User) -> None:
        """It costs its sender nothing, so it must cost little here."""
        page = next(way for way in LOGINS if way.is_page)
        device = locked_out(page)
        AccessAttempt.objects.create(
            username="old", ip_address="192.0.2.9", failures_since_start=0
        )
        old = AccessAttempt.objects.filter(username="old")
        old.update(attempt_time=timezone.now() - timedelta(days=60))

        assert device.tries("wrong").status_code == 429

        assert old.exists()

    def test_wait_is_told_in_minutes(self, alice: User) -> None:
        """The page rounds up: who comes when it says gets a guess."""
        page = next(way for way in LOGINS if way.is_page)
        device = locked_out(page)
        AccessAttempt.objects.update(failures_since_start=6)

        response = device.tries("wrong")

        assert 60 < int(response["Retry-After"]) <= 120
        assert "Wait 2 minutes, then try again." in response.content.decode()


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.usefixtures("guarded")
def test_request_decides_where_there_is_no_response(accept: str) -> None:
    """Under ASGI axes passes none."""
    request = RequestFactory().post("/", HTTP_ACCEPT=accept)

    response = answer(request, {"username": "alice"})

    assert response.status_code == 429
    assert response["Content-Type"].startswith(accept)
