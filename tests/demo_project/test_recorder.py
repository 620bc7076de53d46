"""The caller that remembers answers: attacks look there for what a script can read."""

import pytest

from demo_project.recorder import Recorder
from tests.demo_project.client_caller import ClientCaller

pytestmark = pytest.mark.django_db


class TestRecorder:
    def test_every_answer_is_kept_in_order(self) -> None:
        """One that was forgotten might be the one with the token in it."""
        recorder = Recorder(ClientCaller("browser"))

        first = recorder.send("GET", "/jwt/auth/csrf/")
        second = recorder.send("GET", "/jwt/api/me/")

        assert recorder.answers == [first, second]
        assert (first.status, second.status) == (200, 401)

    def test_cookies_are_those_of_the_caller(self) -> None:
        """Whoever goes through it must stay as logged in as without it."""
        caller = ClientCaller("browser")
        recorder = Recorder(caller)

        recorder.add_cookies({"name": "value"})
        recorder.send("GET", "/jwt/auth/csrf/")

        assert recorder.cookies == caller.cookies
        assert {"name", "csrftoken"} <= {n.split("-")[-1] for n in recorder.cookies}

    def test_form_is_sent_as_a_form(self) -> None:
        """As JSON it would be refused for another reason than the one of interest."""
        recorder = Recorder(ClientCaller("browser"))

        answer = recorder.send("POST", "/jwt/auth/token/", form={"username": "nobody"})

        assert answer.text("password") == "['This field is required.']"
