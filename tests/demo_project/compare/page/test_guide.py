"""The decision guide: one advice for every answer, resting on figures of the result."""

from itertools import product
from urllib.parse import parse_qsl

import pytest

from demo_project.compare.page.guide import (
    PREFERRED,
    advise,
    is_complete,
    read_answers,
)
from demo_project.compare.page.questions import QUESTIONS
from demo_project.compare.result import Cell
from tests.demo_project.compare.made_results import SESSIONS, TOKENS, made_result

EVERY = [
    dict(zip((q.name for q in QUESTIONS), values, strict=True))
    for values in product(*([c.value for c in q.choices] for q in QUESTIONS))
]
NOTHING_SPECIAL = {q.name: q.choices[0].value for q in QUESTIONS}


class TestEveryAnswer:
    def test_there_is_one_advice_with_its_reasons(self) -> None:
        """Who has answered everything is owed an answer."""
        for answers in EVERY:
            advice = advise(answers, made_result())

            assert advice.mode in PREFERRED[answers["client"]]
            assert advice.title
            assert advice.reasons
            assert advice.settings
            assert not advice.missing

    def test_figures_are_those_of_the_result(self) -> None:
        """A reason that quotes another mode's figure is an invention."""
        for answers in EVERY:
            result = made_result()
            advice = advise(answers, result)
            titles = {mode.title: mode.name for mode in result.modes}

            quotes = [q for r in (*advice.reasons, *advice.given_up) for q in r.quotes]
            for quote in (*quotes, *advice.costs):
                row = result.row(quote.row_id)
                assert row is not None
                assert row.cells[titles[quote.mode]].text == quote.figure

    def test_what_must_end_at_once_is_never_good_until_it_expires(self) -> None:
        """It is the one thing that refresh_only gives away."""
        for answers in EVERY:
            if answers["ending"] == "at_once":
                assert advise(answers, made_result()).mode != "jwt_refresh_only"

    def test_what_others_must_verify_is_never_a_session(self) -> None:
        """Only the server that has the sessions can tell what one stands for."""
        for answers in EVERY:
            if answers["verifier"] == "others":
                assert advise(answers, made_result()).mode in TOKENS

    def test_what_keeps_its_own_credential_is_never_given_a_cookie(self) -> None:
        """Native clients have no cookie jar."""
        for answers in EVERY:
            if answers["client"] != "pages":
                advice = advise(answers, made_result())

                assert advice.mode in {"jwt_refresh_only", "jwt_denylist"}
                assert '"bearer"' in advice.settings

    def test_what_is_not_given_up_is_had(self) -> None:
        """An outage that was ruled out must not be what the mode fails in."""
        for answers in EVERY:
            result = made_result()
            advice = advise(answers, result)
            given_up = {quote.row_id for r in advice.given_up for quote in r.quotes}

            for question, row_id in (
                ("redis", "redis_stops"),
                ("database", "database_stops"),
            ):
                row = result.row(row_id)
                assert row is not None
                if answers[question] == "goes_on" and row_id not in given_up:
                    assert row.cells[advice.mode].details["a request"] == 200
            outages = {"redis_stops", "database_stops"}
            assert given_up <= outages | {"second_service_revoked"}

    def test_turns_are_what_the_guide_would_say(self) -> None:
        """Each is a promise about one changed answer."""
        for answers in EVERY:
            result = made_result()
            advice = advise(answers, result)

            for turn in advice.turns:
                asked = dict(parse_qsl(turn.query))
                assert asked == {**answers, turn.question.name: turn.choice.value}
            promised = {(t.question.name, t.choice.value): t.mode for t in advice.turns}
            for question in QUESTIONS:
                for choice in question.choices:
                    changed = {**answers, question.name: choice.value}
                    mode = advise(changed, result).mode
                    told = promised.get((question.name, choice.value), advice.mode)
                    assert told == mode


class TestAdvice:
    def test_nothing_that_speaks_for_tokens_is_sessions(self) -> None:
        """They are simpler, and end at once."""
        advice = advise(NOTHING_SPECIAL, made_result())

        assert advice.mode == "session"
        assert advice.is_sessions

    @pytest.mark.parametrize(
        ("changes", "mode"),
        [
            ({"ending": "minutes"}, "session"),
            ({"verifier": "others"}, "jwt_cookies"),
            ({"verifier": "others", "ending": "minutes"}, "jwt_refresh_only"),
            ({"client": "api"}, "jwt_denylist"),
            ({"client": "api", "ending": "minutes"}, "jwt_refresh_only"),
            ({"client": "both"}, "jwt_denylist"),
            ({"redis": "goes_on", "ending": "minutes"}, "jwt_refresh_only"),
            ({"redis": "goes_on"}, "session"),
            ({"database": "goes_on"}, "jwt_cookies"),
            ({"database": "goes_on", "ending": "minutes"}, "jwt_refresh_only"),
        ],
    )
    def test_answers_that_speak_for_something_get_it(
        self, changes: dict[str, str], mode: str
    ) -> None:
        """It is the table of the README, and what the outages add to it."""
        assert advise(NOTHING_SPECIAL | changes, made_result()).mode == mode

    def test_what_can_not_be_had_together_is_said(self) -> None:
        """Who must know at once that a login ended has to ask Redis."""
        advice = advise(NOTHING_SPECIAL | {"redis": "goes_on"}, made_result())

        [given_up] = advice.given_up
        assert "Redis on several servers" in str(given_up.text)
        assert [quote.row_id for quote in given_up.quotes] == ["redis_stops"]

    @pytest.mark.parametrize("client", ["pages", "api", "both"])
    def test_end_that_others_do_not_hear_of_is_said(self, client: str) -> None:
        """At once is at once here: the figure beside it says so of the others."""
        answers = NOTHING_SPECIAL | {"verifier": "others", "client": client}

        [given_up] = advise(answers, made_result()).given_up
        patient = advise(answers | {"ending": "minutes"}, made_result()).given_up
        alone = advise(answers | {"verifier": "own"}, made_result()).given_up

        assert "Let the others read the denylist" in str(given_up.text)
        assert [quote.figure for quote in given_up.quotes] == ["200, until it expires"]
        assert patient == alone == []

    def test_others_that_hear_of_an_end_are_no_reason(self) -> None:
        """A second service that reads the denylist refuses, too."""
        answers = NOTHING_SPECIAL | {"verifier": "others", "client": "api"}
        heard = {
            name: Cell(text="401", details={"status": 401})
            for name in (*SESSIONS, *TOKENS)
        }

        advice = advise(answers, made_result(second_service_revoked=heard))

        assert advice.given_up == []

    def test_cookies_go_to_no_other_host(self) -> None:
        """The row was measured with both services on one."""
        others = NOTHING_SPECIAL | {"verifier": "others"}

        texts = [str(r.text) for r in advise(others, made_result()).reasons]
        of_programs = advise(others | {"client": "api"}, made_result()).reasons

        assert any("a cookie goes to no other" in text for text in texts)
        assert not any("a cookie goes to no other" in str(r.text) for r in of_programs)

    @pytest.mark.parametrize("client", ["pages", "both"])
    def test_figures_of_bearer_tokens_are_not_passed_off_as_those_of_cookies(
        self, client: str
    ) -> None:
        """The settings say cookies, and the mode was measured without."""
        special = {"ending": "minutes", "redis": "goes_on", "client": client}
        answers = NOTHING_SPECIAL | special
        result = made_result(bytes_sent=_bytes_sent())

        advice = advise(answers, result)

        assert advice.mode == "jwt_refresh_only"
        assert [q.figure for q in advice.reasons[-1].quotes] == ["734 bytes"]

    def test_session_that_is_ruled_out_is_quoted_beside_the_token(self) -> None:
        """The difference is the reason."""
        advice = advise(NOTHING_SPECIAL | {"verifier": "others"}, made_result())

        quotes = advice.reasons[0].quotes
        assert [(q.mode, q.figure) for q in quotes] == [
            ("jwt, cookies", "200"),
            ("session", "401"),
            ("jwt, cookies", "200, until it expires"),
        ]

    def test_session_whose_check_is_due_does_not_go_on_without_the_database(
        self,
    ) -> None:
        """It would go on for a minute, and then fail."""
        goes_on = {"session": Cell(text="a request 200", details={"a request": 200})}
        answers = NOTHING_SPECIAL | {"database": "goes_on"}

        assert advise(answers, made_result()).mode == "jwt_cookies"
        other = made_result(database_stops=goes_on)
        assert advise(answers, other).mode == "session"

    def test_other_figures_are_another_advice(self) -> None:
        """It is the measurement that answers, not a table of opinions."""
        accepted = {"session": Cell(text="200", details={"status": 200})}
        answers = NOTHING_SPECIAL | {"verifier": "others"}

        assert advise(answers, made_result(second_service=accepted)).mode == "session"


class TestMissingRows:
    @pytest.mark.parametrize(
        ("row", "changes"),
        [
            ("revoke_one", {}),
            ("revoke_all", {}),
            ("second_service", {"verifier": "others"}),
            ("redis_stops", {"redis": "goes_on"}),
            ("database_stops", {"database": "goes_on"}),
        ],
    )
    def test_row_that_is_not_there_is_named(
        self, row: str, changes: dict[str, str]
    ) -> None:
        """A guess would look like a measurement."""
        advice = advise(NOTHING_SPECIAL | changes, made_result(without=row))

        assert advice.mode == ""
        assert advice.missing == [row]

    def test_row_that_was_not_measured_is_named(self) -> None:
        """As where the database is SQLite, which can't stop."""
        cells = {
            name: Cell(text="not measured: SQLite is no server")
            for name in ("session", *TOKENS)
        }
        result = made_result(database_stops=cells)

        advice = advise(NOTHING_SPECIAL | {"database": "goes_on"}, result)

        assert advice.missing == ["database_stops"]
        assert advise(NOTHING_SPECIAL, result).mode == "session"

    def test_row_that_nothing_asks_for_may_be_missing(self) -> None:
        """A partial result answers what it can."""
        result = made_result(without="database_stops")

        advice = advise(NOTHING_SPECIAL, result)

        assert advice.mode == "session"
        assert {turn.question.name for turn in advice.turns} == {"verifier", "client"}


class TestReadAnswers:
    def test_answers_of_an_address_are_taken(self) -> None:
        """The address is all that is kept of them."""
        answers = read_answers(NOTHING_SPECIAL | {"utm": "x"})

        assert answers == NOTHING_SPECIAL
        assert is_complete(answers)

    @pytest.mark.parametrize("given", [None, "", "perhaps", "<script>"])
    def test_answer_that_is_none_of_the_choices_is_none(
        self, given: str | None
    ) -> None:
        """Anybody may write an address."""
        query = {**NOTHING_SPECIAL, "client": given}
        answers = read_answers({k: v for k, v in query.items() if v is not None})

        assert "client" not in answers
        assert not is_complete(answers)


def _bytes_sent() -> dict[str, Cell]:
    return {name: Cell(text="554 bytes") for name in TOKENS} | {
        "jwt_cookies": Cell(text="734 bytes"),
        "session": Cell(text="121 bytes"),
        "session_row": Cell(text="121 bytes"),
    }
