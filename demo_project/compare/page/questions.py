"""What the decision guide asks: few questions, each with few answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One possible answer."""

    value: str
    """As it stands in the address."""
    text: "StrOrPromise"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question, and what can be answered."""

    name: str
    text: "StrOrPromise"
    choices: Sequence[Choice]

    @property
    def values(self) -> frozenset[str]:
        """Return what an address may say."""
        return frozenset(choice.value for choice in self.choices)


QUESTIONS = (
    Question(
        name="verifier",
        text=_("Who checks that a caller is logged in?"),
        choices=(
            Choice(value="own", text=_("only this project")),
            Choice(
                value="others",
                text=_("other services too, without asking this one each time"),
            ),
        ),
    ),
    Question(
        name="client",
        text=_("What is the client?"),
        choices=(
            Choice(value="pages", text=_("browsers, on pages and an API of one site")),
            Choice(
                value="api",
                text=_("native apps, programs or other parties, which call an API"),
            ),
            Choice(value="both", text=_("both: browsers and native apps")),
        ),
    ),
    Question(
        name="ending",
        text=_("How fast must the end of a login take effect?"),
        choices=(
            Choice(value="at_once", text=_("at once: with the next request")),
            Choice(value="minutes", text=_("within minutes")),
        ),
    ),
    Question(
        name="redis",
        text=_("May requests fail while Redis is down?"),
        choices=(
            Choice(value="may_fail", text=_("yes, for that time")),
            Choice(value="goes_on", text=_("no, who is logged in must go on")),
        ),
    ),
    Question(
        name="database",
        text=_("May requests fail while the database is down?"),
        choices=(
            Choice(value="may_fail", text=_("yes: most of them need it anyway")),
            Choice(value="goes_on", text=_("no, who is logged in must go on")),
        ),
    ),
)
BY_NAME: Mapping[str, Question] = {question.name: question for question in QUESTIONS}
