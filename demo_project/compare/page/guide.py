"""The decision guide: a few questions, and the mode that a measured result speaks for.

Pure: answers and a result in, one advice out. What an answer asks for is a ``Need``; a
measured row tells which modes have it. Of those that have everything, the first in the
order of preference for the client is the advice; for pages that is sessions: who asks
for nothing that takes tokens gets sessions. Where no mode has everything, the needs
count in their order, and the advice says which one is given up.

A row that is missing, or was not measured, is named instead of being guessed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from demo_project.compare.outages.words import REQUEST, WITH_ROW
from demo_project.compare.page.questions import BY_NAME, QUESTIONS, Choice, Question
from demo_project.compare.page.reasons import (
    BECAUSE,
    COSTS,
    ENDED_ELSEWHERE,
    IN_COOKIES,
    NEED_TEXTS,
    OF_CLIENT,
    ON_ONE_HOST,
    Because,
    NeedText,
)
from demo_project.compare.result import Cell, Result

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SESSION = "session"
COOKIES = "jwt_cookies"
# What the rows of the outages call requests that come with a login, in their details.
REQUESTS = (REQUEST, WITH_ROW)

Answers = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A figure of the result, as it stands there."""

    row_id: str
    title: str
    mode: str
    figure: str


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why it is this mode, and the figures that this rests on."""

    text: "StrOrPromise"
    quotes: Sequence[Quote]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Another answer to one question that would lead to another mode."""

    question: Question
    choice: Choice
    query: str
    """All answers, this one among them, as an address has them."""
    mode: str
    title: str
    """The mode's, as the result has it."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """The answer, or what is missing to give one."""

    mode: str = ""
    """Nothing where rows are missing."""
    title: str = ""
    reasons: Sequence[Reason] = ()
    given_up: Sequence[Reason] = ()
    """What was asked for and can't be had with the rest."""
    costs: Sequence[Quote] = ()
    turns: Sequence[Turn] = ()
    settings: str = ""
    missing: Sequence[str] = ()
    """Rows that it takes and the result doesn't have."""

    @property
    def is_sessions(self) -> bool:
        """Whether it is no tokens at all."""
        return self.mode == SESSION


@dataclass(frozen=True, kw_only=True)
class Need:
    """What an answer asks of a mode."""

    question: str
    choice: str
    row_id: str
    is_met: Callable[[Cell], bool]

    @property
    def text(self) -> NeedText:
        """Return how it is spoken of."""
        return NEED_TEXTS[self.row_id]


def _is_accepted(cell: Cell) -> bool:
    """Tell by what the second service answered."""
    return cell.details.get("status") == HTTPStatus.OK


def _goes_on(cell: Cell) -> bool:
    """Tell by every request that was made with a login of before the outage."""
    statuses = [figure for what, figure in cell.details.items() if what in REQUESTS]
    return bool(statuses) and all(status == HTTPStatus.OK for status in statuses)


def _ends_at_once(cell: Cell) -> bool:
    """Tell by whether a time could be taken."""
    return cell.value is not None


# The order in which they count.
NEEDS = (
    Need(
        question="verifier",
        choice="others",
        row_id="second_service",
        is_met=_is_accepted,
    ),
    Need(
        question="ending",
        choice="at_once",
        row_id="revoke_one",
        is_met=_ends_at_once,
    ),
    Need(
        question="redis",
        choice="goes_on",
        row_id="redis_stops",
        is_met=_goes_on,
    ),
    Need(
        question="database",
        choice="goes_on",
        row_id="database_stops",
        is_met=_goes_on,
    ),
)
# Whose credential suits the client, the best first. Those that look at the user's row
# with every request do nothing more that is asked for here, and cost more.
PREFERRED: Mapping[str, Sequence[str]] = {
    "pages": (SESSION, "jwt_refresh_only", "jwt_cookies"),
    "api": ("jwt_refresh_only", "jwt_denylist"),
    "both": ("jwt_refresh_only", "jwt_denylist"),
}
_DELIVERIES = {
    "pages": '{"cookie"}',
    "api": '{"bearer"}',
    "both": '{"bearer", "cookie"}',
}


class MissingRowError(Exception):
    """The result doesn't have the row, or not for this mode."""


def read_answers(query: Mapping[str, str]) -> Answers:
    """Return the answers that are among the choices; others count as not given."""
    return {
        question.name: query[question.name]
        for question in QUESTIONS
        if query.get(question.name) in question.values
    }


def is_complete(answers: Answers) -> bool:
    """Whether every question is answered."""
    return answers.keys() == BY_NAME.keys()


def advise(answers: Answers, result: Result) -> Advice:
    """Return the one advice for answers to every question."""
    missing = sorted(_missing(answers, result))
    if missing:
        return Advice(missing=missing)
    mode, given_up = _choose(answers, result)
    return Advice(
        mode=mode,
        title=_title(result, mode),
        reasons=list(_reasons(answers, result, mode, given_up)),
        given_up=list(_given_up(answers, result, mode, given_up)),
        costs=list(_costs(result, mode)),
        turns=list(_turns(answers, result, mode)),
        settings=settings_of(mode, answers["client"]),
    )


def settings_of(mode: str, client: str) -> str:
    """Return the lines of the settings that make a project like this mode."""
    if mode == SESSION:
        return 'SESSION_ENGINE = "sessionauth.engine"'
    revocation = "refresh_only" if mode == "jwt_refresh_only" else "denylist"
    return (
        f'JWTAUTH["REVOCATION"] = "{revocation}"\n'
        f'JWTAUTH["DELIVERY"] = {_DELIVERIES[client]}'
    )


def _choose(answers: Answers, result: Result) -> tuple[str, Sequence[Need]]:
    candidates, given_up = PREFERRED[answers["client"]], []
    for need in _needs(answers):
        left = [name for name in candidates if _meets(need, name, result)]
        if left:
            candidates = left
        else:
            given_up.append(need)
    return candidates[0], given_up


def _needs(answers: Answers) -> Iterator[Need]:
    return (need for need in NEEDS if answers[need.question] == need.choice)


def _meets(need: Need, mode: str, result: Result) -> bool:
    return need.is_met(_cell(result, need.row_id, mode))


def _missing(answers: Answers, result: Result) -> set[str]:
    wanted = {
        (need.row_id, mode)
        for need in _needs(answers)
        for mode in {SESSION, *PREFERRED[answers["client"]]}
    }
    wanted |= {
        (because.row_id, mode)
        for mode in PREFERRED[answers["client"]]
        for because in _because(mode, answers["client"])
    }
    return {row_id for row_id, mode in wanted if not _has(result, row_id, mode)}


def _reasons(
    answers: Answers, result: Result, mode: str, given_up: Sequence[Need]
) -> Iterator[Reason]:
    for need in _needs(answers):
        if need not in given_up:
            yield _met(need, result, mode)
    for because in _because(mode, answers["client"]):
        yield Reason(text=because.text, quotes=[_quote(result, because.row_id, mode)])
    yield from _of_cookies(answers, result, mode)


def _given_up(
    answers: Answers, result: Result, mode: str, given_up: Sequence[Need]
) -> Iterator[Reason]:
    for need in given_up:
        yield Reason(text=need.text.cannot, quotes=[_quote(result, need.row_id, mode)])
    if answers["ending"] != "at_once" or answers["verifier"] != "others":
        return
    row_id = ENDED_ELSEWHERE.row_id
    if _has(result, row_id, mode) and _is_accepted(_cell(result, row_id, mode)):
        quote = _quote(result, row_id, mode)
        yield Reason(text=ENDED_ELSEWHERE.text, quotes=[quote])


def _of_cookies(answers: Answers, result: Result, mode: str) -> Iterator[Reason]:
    """Say what differs where pages bring the tokens."""
    if answers["client"] == "api" or mode == SESSION:
        return
    if answers["client"] == "pages" and answers["verifier"] == "others":
        quote = _quote(result, ON_ONE_HOST.row_id, mode)
        yield Reason(text=ON_ONE_HOST.text, quotes=[quote])
    if mode != COOKIES and _has(result, IN_COOKIES.row_id, COOKIES):
        quote = _quote(result, IN_COOKIES.row_id, COOKIES)
        yield Reason(text=IN_COOKIES.text, quotes=[quote])


def _because(mode: str, client: str) -> Sequence[Because]:
    return (*BECAUSE[mode], *OF_CLIENT[client])


def _met(need: Need, result: Result, mode: str) -> Reason:
    quotes = [_quote(result, need.row_id, mode)]
    if not _meets(need, SESSION, result):
        quotes.append(_quote(result, need.row_id, SESSION))
    quotes += [
        _quote(result, row, mode) for row in need.text.also if _has(result, row, mode)
    ]
    return Reason(text=need.text.why, quotes=quotes)


def _costs(result: Result, mode: str) -> Iterator[Quote]:
    return (_quote(result, row, mode) for row in COSTS if _has(result, row, mode))


def _turns(answers: Answers, result: Result, mode: str) -> Iterator[Turn]:
    for question in QUESTIONS:
        for choice in question.choices:
            others = {**answers, question.name: choice.value}
            if _missing(others, result):
                continue
            other_mode, _ = _choose(others, result)
            if other_mode != mode:
                yield Turn(
                    question=question,
                    choice=choice,
                    query=urlencode(others),
                    mode=other_mode,
                    title=_title(result, other_mode),
                )


def _has(result: Result, row_id: str, mode: str) -> bool:
    try:
        _cell(result, row_id, mode)
    except MissingRowError:
        return False
    return True


def _quote(result: Result, row_id: str, mode: str) -> Quote:
    cell = _cell(result, row_id, mode)
    row = result.row(row_id)
    return Quote(
        row_id=row_id,
        title=row.title if row else "",
        mode=_title(result, mode),
        figure=cell.text,
    )


def _title(result: Result, mode: str) -> str:
    return next((info.title for info in result.modes if info.name == mode), mode)


def _cell(result: Result, row_id: str, mode: str) -> Cell:
    row = result.row(row_id)
    cell = row.cells.get(mode) if row is not None else None
    if cell is None or not cell.is_measured:
        raise MissingRowError(row_id)
    return cell
