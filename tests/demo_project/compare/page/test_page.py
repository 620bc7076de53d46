"""``/compare/``: what it shows, and who may start what."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.translation import deactivate

from demo_project.compare.page import kept_results
from demo_project.compare.page.questions import QUESTIONS
from demo_project.compare.page.running import (
    COMPARISON,
    STOPWATCH,
    Background,
    State,
    background_in,
)
from tests.demo_project.compare.made_results import made_result
from tests.demo_project.compare.page.short_jobs import (
    job,
    lock_holders,
    wait_for_words,
    wait_until_over,
)
from tests.demo_project.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

ANSWERS = {question.name: question.choices[0].value for question in QUESTIONS}
POSTS = ("compare_run", "compare_stopwatch", "compare_stop")


@pytest.fixture(autouse=True)
def directory(
    tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Where this test's runs are kept; the project's own is somewhere else as well."""
    settings.DEBUG = True
    settings.COMPARE_DIRECTORY = tmp_path / "compare"
    monkeypatch.setattr(kept_results, "OF_THE_PROJECT", tmp_path / "project.json")
    settings.COMPARE_DIRECTORY.mkdir()
    return tmp_path / "compare"


@pytest.fixture
def background(directory: Path) -> Iterator[Background]:
    """The one that the page uses as well."""
    background = background_in(directory)
    yield background
    background.stop()
    wait_until_over(background)


@pytest.fixture
def measured(directory: Path) -> None:
    (directory / "last.json").write_text(made_result().to_json())


def _page(client: Client, /, **query: str) -> str:
    answer = client.get(f"{reverse('compare')}?{urlencode(query)}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


class TestResult:
    def test_first_visit_says_how_to_measure(self, client: Client) -> None:
        """There is nothing to show, and a button for it."""
        page = _page(client)

        assert "Nothing has been measured yet" in page
        assert "make compare" in page
        assert f'action="{reverse("compare_run")}"' in page

    @pytest.mark.usefixtures("measured")
    def test_last_run_is_shown_in_full(self, client: Client) -> None:
        """Charts, tables, machine: what the report has."""
        page = _page(client)

        assert "Measured on this machine" in page
        assert 'id="row-revoke_one"' in page
        assert "<svg" in page
        assert "Linux x86_64" in page

    def test_run_of_the_project_is_not_taken_for_one_of_this_machine(
        self, client: Client
    ) -> None:
        """Times of another machine are no times of this one."""
        kept_results.OF_THE_PROJECT.write_text(made_result().to_json())

        page = _page(client)

        assert "Measured on another machine:" in page
        assert "Linux x86_64, 2 processors" in page
        assert 'id="row-revoke_one"' in page

    @pytest.mark.usefixtures("measured")
    def test_run_from_here_comes_first(self, client: Client) -> None:
        """It is the one that says something about this machine."""
        kept_results.OF_THE_PROJECT.write_text(made_result().to_json())

        assert "Measured on another machine:" not in _page(client)

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", '{"format": 0}', '{"format": 1}', "\x00"]
    )
    def test_file_that_cant_be_read_is_said_and_the_page_goes_on(
        self, text: str, client: Client, directory: Path
    ) -> None:
        """An older version may have written it."""
        (directory / "last.json").write_text(text)
        kept_results.OF_THE_PROJECT.write_text(made_result().to_json())

        page = _page(client)

        assert "can't be read; measure anew" in page.replace("&#x27;", "'")
        assert "Measured on another machine:" in page

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ('"session": {', '"sessions": {'),
            ('"taken_at": "2026-11-30T12', '"taken_at": "0001-01-01T00'),
            ('"value": 0.5', '"value": Infinity'),
            ('"text": "80 %', '"text": 80, "was": "80 %'),
        ],
    )
    def test_file_that_is_wrong_inside_is_no_result(
        self, right: str, wrong: str, client: Client, directory: Path
    ) -> None:
        """A page that crashed would be gone until somebody deletes the file."""
        text = made_result().to_json()
        assert right in text
        (directory / "last.json").write_text(text.replace(right, wrong))

        assert client.get(reverse("compare")).status_code == 200

    def test_time_that_is_none_is_no_result(
        self, client: Client, directory: Path
    ) -> None:
        """The page computes with it."""
        text = made_result().to_json().replace("2026-11-30T12:00:00+00:00", "today")
        (directory / "last.json").write_text(text)

        assert "Nothing has been measured yet" in _page(client)

    @pytest.mark.usefixtures("measured")
    def test_figures_are_marked_as_english(self, client: Client) -> None:
        """They are data: a German voice would read them wrongly."""
        page = _page(client)

        block = re.search(r'<div class="comparison" lang="en">.*', page)
        assert block is not None
        assert 'id="row-revoke_one"' in block.group()

    @pytest.mark.usefixtures("measured")
    def test_page_needs_no_script_and_no_inline_style(self, client: Client) -> None:
        """The policy of the demo lets neither through."""
        page = _page(client, **ANSWERS)

        assert "<script" not in page
        assert "style=" not in page
        assert "<style" not in page

    @pytest.mark.usefixtures("measured")
    def test_answer_is_kept_by_nobody(self, client: Client) -> None:
        """It changes while a run is on, and holds a form's token."""
        assert "no-store" in client.get("/compare/").headers["Cache-Control"]

    def test_other_pages_lead_here(self, client: Client) -> None:
        """Who doesn't know the address finds it."""
        home = client.get("/").content.decode()

        assert home.count('href="/compare/"') == 2


class TestStopwatch:
    def test_bars_stand_beside_when_they_were_taken(
        self, client: Client, directory: Path
    ) -> None:
        """Yesterday's time is not the press of a moment ago."""
        (directory / "stopwatch.json").write_text(made_result().to_json())

        page = _page(client)

        assert re.search(r"Taken .* ago, on this machine", page)
        assert 'id="chart-stopwatch-revoke_one-title"' in page

    @pytest.mark.usefixtures("measured")
    def test_no_name_stands_twice(self, client: Client, directory: Path) -> None:
        """The same rows are further down; links and labels go by these names."""
        (directory / "stopwatch.json").write_text(made_result().to_json())

        names = re.findall(r'\bid="([^"]+)"', _page(client, **ANSWERS))

        assert len(names) == len(set(names))


class TestGuide:
    @pytest.mark.usefixtures("measured")
    def test_answers_in_the_address_are_checked_and_answered(
        self, client: Client
    ) -> None:
        """The address can be sent to somebody."""
        page = _page(client, **ANSWERS)

        assert page.count(" checked> <label for=") == len(QUESTIONS) + 2
        assert "Take sessions" in page
        assert "0.5 ms" in page
        assert not client.cookies.get("sessionid")

    @pytest.mark.usefixtures("measured")
    def test_missing_answer_is_asked_for(self, client: Client) -> None:
        """A browser insists by itself; an address is written by anybody."""
        page = _page(client, verifier="own", client="toaster")

        assert "Answer the questions that are marked" in page
        assert page.count("(not answered)") == len(QUESTIONS) - 1
        assert 'id="advice"' not in page

    @pytest.mark.usefixtures("measured")
    def test_advice_from_here_has_no_reservation(self, client: Client) -> None:
        """The figures are this machine's."""
        assert "are another machine" not in _page(client, **ANSWERS)

    def test_advice_from_elsewhere_says_so(self, client: Client) -> None:
        """Times in it would pass for one's own; the whole result is far below."""
        kept_results.OF_THE_PROJECT.write_text(made_result().to_json())

        advice = _page(client, **ANSWERS).partition('id="advice"')[2]

        assert "are another machine" in advice.partition("<h4>")[0]

    @pytest.mark.usefixtures("measured")
    def test_other_answers_are_links_to_their_advice(self, client: Client) -> None:
        """An answer is an address."""
        page = _page(client, **ANSWERS)

        [query] = re.findall(r'href="[^"?]*\?([^"]*verifier=others[^"]*)#advice"', page)
        assert "Take tokens" in _page(client, **dict(parse_qsl(unescape(query))))

    def test_nothing_measured_is_no_advice(self, client: Client) -> None:
        """It would be an opinion."""
        assert "There is nothing to go by" in _page(client, **ANSWERS)

    def test_missing_row_is_named(self, client: Client, directory: Path) -> None:
        """An older result doesn't have every row."""
        result = made_result(without="redis_stops")
        (directory / "last.json").write_text(result.to_json())

        page = _page(client, **{**ANSWERS, "redis": "goes_on"})

        assert "These figures don" in page
        assert "<code>redis_stops</code>" in page

    def test_first_visit_is_asked_and_not_scolded(self, client: Client) -> None:
        """Nobody has done anything wrong yet."""
        page = _page(client)

        assert "Answer the questions that are marked" not in page
        assert page.count("<fieldset>") == len(QUESTIONS)


class TestRunning:
    def test_run_is_started_once_and_stopped(
        self, client: Client, directory: Path, background: Background
    ) -> None:
        """The real comparison, and no second one beside it."""
        started = client.post(reverse("compare_run"), {"reload": "on"})
        holders = lock_holders(directory)
        again = client.post(reverse("compare_stopwatch"))

        assert (started.status_code, started.url) == (302, "/compare/?reload=on")
        assert (again.status_code, again.url) == (302, "/compare/")
        assert len(holders) == 2
        assert lock_holders(directory) == holders
        assert background.standing().job == COMPARISON

        client.post(reverse("compare_stop"))

        assert wait_until_over(background).state is State.STOPPED
        assert "Stopped. Nothing that was measured before is lost." in _page(client)

    def test_start_in_vain_is_told(
        self, client: Client, background: Background
    ) -> None:
        """Nothing else says why nothing happens: it may be another demo's run."""
        background.start(job("wait"))

        client.post(reverse("compare_run"))

        assert "Something is being measured already." in _page(client)
        assert "Something is being measured already." not in _page(client)

    def test_page_says_how_far_it_is(
        self, client: Client, background: Background
    ) -> None:
        """With the way to stop it."""
        background.start(job("wait"))
        wait_for_words(background, "about to wait")

        page = _page(client)

        assert "<li>about to wait</li>" in page
        assert f'action="{reverse("compare_stop")}"' in page
        assert f'action="{reverse("compare_run")}"' not in page

    def test_page_reloads_itself_only_where_that_was_asked_for(
        self, client: Client, background: Background
    ) -> None:
        """Who reads, or is read to, must not be interrupted (WCAG 2.2.1)."""
        refresh = '<meta http-equiv="refresh"'
        assert refresh not in _page(client, reload="on")

        background.start(job("wait"))

        assert refresh not in _page(client)
        following = _page(client, reload="on")
        assert refresh in following
        assert "Stop reloading this page" in following

    def test_failure_is_shown_with_its_last_words_beside_the_old_result(
        self, client: Client, background: Background, directory: Path
    ) -> None:
        """What went wrong is in what the run said last."""
        (directory / "last.json").write_text(made_result().to_json())
        background.start(job("fail"))
        wait_until_over(background)

        page = _page(client)

        assert "The measuring failed." in page
        assert "There was no Valkey." in page
        assert "Measured on this machine" in page

    def test_end_is_told(self, client: Client, background: Background) -> None:
        """The page that followed it stops moving."""
        background.start(job("finish"))
        wait_until_over(background)

        assert "Done: this page shows the new figures." in _page(client)

    def test_stopwatch_has_words_of_its_own(
        self, client: Client, background: Background
    ) -> None:
        """Its failure says nothing about the comparison."""
        background.start(replace(job("fail"), name=STOPWATCH.name))
        wait_until_over(background)

        assert "The stopwatch failed." in _page(client)


class TestWhoMay:
    @pytest.mark.parametrize("name", POSTS)
    def test_form_of_another_site_is_refused(self, name: str) -> None:
        """Anybody's page could start minutes of work in a visitor's browser."""
        answer = Client(enforce_csrf_checks=True).post(reverse(name))

        assert answer.status_code == 403

    @pytest.mark.parametrize("name", POSTS)
    def test_start_takes_a_post(self, name: str, client: Client) -> None:
        """A link that is fetched ahead must start nothing."""
        assert client.get(reverse(name)).status_code == 405

    @pytest.mark.parametrize("name", POSTS)
    @pytest.mark.parametrize("address", ["192.0.2.7", "", "unix:"])
    def test_caller_from_elsewhere_is_refused_under_debug(
        self, name: str, address: str, client: Client, background: Background
    ) -> None:
        """DEBUG knows no users that could be told apart: their password is printed."""
        answer = client.post(reverse(name), REMOTE_ADDR=address)

        assert answer.status_code == 403
        assert background.standing().state is State.NONE

    @pytest.mark.parametrize("name", POSTS)
    @pytest.mark.parametrize(
        "header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"]
    )
    def test_caller_behind_a_proxy_is_refused_under_debug(
        self, name: str, header: str, client: Client, background: Background
    ) -> None:
        """The proxy is on this machine, whom it serves may be anywhere."""
        answer = client.post(reverse(name), headers={header: "192.0.2.7"})

        assert answer.status_code == 403
        assert background.standing().state is State.NONE

    def test_words_of_a_failed_run_are_for_who_may_start_one(
        self,
        client: Client,
        settings: LazySettings,
        background: Background,
        directory: Path,
    ) -> None:
        """They may name paths and servers of this machine."""
        background.start(job("fail"))
        wait_until_over(background)
        settings.DEBUG = False

        page = _page(client)

        assert "The measuring failed." in page
        assert "There was no Valkey." not in page

    @pytest.mark.parametrize("name", POSTS)
    @pytest.mark.parametrize("who", ["nobody", "user", "staff", "inactive"])
    def test_others_than_superusers_are_refused_without_debug(
        self,
        name: str,
        who: str,
        client: Client,
        settings: LazySettings,
        background: Background,
    ) -> None:
        """Then the demo may be for others than who started it."""
        settings.DEBUG = False
        if who != "nobody":
            user = User.objects.create_user(who, is_staff=who == "staff")
            user.is_superuser = who == "inactive"
            user.save()
            client.force_login(user)
            User.objects.filter(pk=user.pk).update(is_active=who != "inactive")

        answer = client.post(reverse(name))

        assert answer.status_code == 403
        assert background.standing().state is State.NONE
        assert '<form method="post"' not in _page(client)
        assert "only a superuser" in _page(client)

    def test_superuser_may_without_debug(
        self, client: Client, settings: LazySettings
    ) -> None:
        """Who may do everything in the admin may start this as well."""
        settings.DEBUG = False
        User.objects.create_superuser("admin", password=PASSWORD)
        client.force_login(User.objects.get())

        assert f'action="{reverse("compare_run")}"' in _page(client)
        assert client.post(reverse("compare_stop")).status_code == 302


class TestLanguage:
    @pytest.mark.usefixtures("measured")
    def test_german_browser_sees_german_words_around_english_figures(
        self, client: Client, settings: LazySettings
    ) -> None:
        """Titles of rows are data of the result."""
        middleware = "demo_project.middleware.LanguageMiddleware"
        settings.MIDDLEWARE = [middleware, *settings.MIDDLEWARE]

        page = client.get(
            f"/compare/?{urlencode(ANSWERS)}", headers={"accept-language": "de"}
        ).content.decode()
        deactivate()

        assert "Nehmen Sie Sitzungen" in page
        assert "The row revoke_one" in page
