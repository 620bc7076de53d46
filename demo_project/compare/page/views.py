"""``/compare/``: the last run, the decision guide, the stopwatch; and starting them.

Starting a process is for who sits at the machine: under DEBUG anybody on the loopback
whom no proxy serves; otherwise a superuser who is logged in.
"""

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.vary import vary_on_cookie
from django.views.generic import TemplateView

from demo_project.compare.page.guide import Advice, advise, is_complete, read_answers
from demo_project.compare.page.kept_results import (
    Kept,
    read_kept,
    shown_result,
    without_words,
)
from demo_project.compare.page.questions import QUESTIONS
from demo_project.compare.page.running import (
    COMPARISON,
    STOPWATCH,
    Background,
    Standing,
    background_in,
)
from demo_project.compare.report.presentation import Presented, present
from demo_project.compare.result import Result

RELOAD = "reload"
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
"""What proxies write when they hand on a request of somebody else."""
RELOAD_SECONDS = 3


@method_decorator([never_cache, vary_on_cookie], name="dispatch")
class CompareView(TemplateView):
    """``GET``: everything that is known; ``?reload=on`` follows a run."""

    template_name = "compare/page.html"

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        """Read the run, both results, and the answers of the guide."""
        background = _background()
        standing = background.standing()
        kept = shown_result(background.result_path(COMPARISON))
        stopwatch = read_kept(background.result_path(STOPWATCH))
        if not may_measure(self.request):
            # Words of servers and paths of this machine are for who runs it.
            standing = replace(standing, words=())
            kept, stopwatch = without_words(kept), without_words(stopwatch)
        return super().get_context_data(
            standing=standing,
            is_stopwatch=bool(standing.job and standing.job.name == STOPWATCH.name),
            elapsed=_elapsed(standing),
            reloads=standing.is_on and self.request.GET.get(RELOAD) == "on",
            reload_seconds=RELOAD_SECONDS,
            may_measure=may_measure(self.request),
            kept=kept,
            presented=_presented(kept),
            stopwatch=stopwatch,
            stopwatch_rows=_stopwatch_rows(stopwatch.result),
            **_guided(self.request, kept.result),
            **kwargs,
        )


@method_decorator(never_cache, name="dispatch")
class StartView(View):
    """``POST``: start a job in the background, unless one runs."""

    job = COMPARISON

    def dispatch(
        self, request: HttpRequest, *args: object, **kwargs: object
    ) -> HttpResponseBase:
        """Let nobody in who may not start processes here."""
        if request.method == "POST" and not may_measure(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Start it, and go back to the page."""
        if not _background().start(self.job):
            messages.warning(request, _("Something is being measured already."))
        query = {RELOAD: "on"} if request.POST.get(RELOAD) == "on" else {}
        return _back(**query)


class StopView(StartView):
    """``POST``: end what runs."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask it to end, and go back to the page."""
        _background().stop()
        return _back(**({RELOAD: "on"} if request.POST.get(RELOAD) == "on" else {}))


def may_measure(request: HttpRequest) -> bool:
    """Whether the caller may start a run.

    Under DEBUG that is whoever sits at this machine. A proxy or a tunnel that says
    nothing of whom it serves looks like that, too: none belongs before DEBUG.
    """
    if settings.DEBUG:
        is_forwarded = any(name in request.headers for name in FORWARDED)
        return not is_forwarded and _is_loopback(request.META.get("REMOTE_ADDR", ""))
    return bool(request.user.is_active and request.user.is_superuser)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _background() -> Background:
    return background_in(settings.COMPARE_DIRECTORY)


def _back(**query: str) -> HttpResponseRedirect:
    address = reverse("compare")
    return HttpResponseRedirect(f"{address}?{urlencode(query)}" if query else address)


def _elapsed(standing: Standing) -> int | None:
    """Return for how many seconds the run has been on."""
    if not standing.is_on or standing.began_at is None:
        return None
    return int((datetime.now(UTC) - standing.began_at).total_seconds())


def _presented(kept: Kept) -> Presented | None:
    return present(kept.result) if kept.result is not None else None


def _stopwatch_rows(result: Result | None) -> list[Any]:
    """Return the rows under names of their own: the same ones are further down."""
    if result is None:
        return []
    rows = [replace(row, id=f"stopwatch-{row.id}") for row in result.rows]
    groups = present(replace(result, rows=rows)).groups
    return [row for group in groups for row in group.rows]


def _guided(request: HttpRequest, result: Result | None) -> dict[str, object]:
    """Return the guide's form as it was answered, and the advice if it was in full."""
    answers = read_answers(request.GET)
    is_asked = any(question.name in request.GET for question in QUESTIONS)
    advice: Advice | None = None
    if is_complete(answers) and result is not None:
        advice = advise(answers, result)
    return {
        "questions": [
            {
                "question": question,
                "given": answers.get(question.name),
                "is_open": is_asked and question.name not in answers,
            }
            for question in QUESTIONS
        ],
        "is_incomplete": is_asked and not is_complete(answers),
        "is_answered": is_complete(answers),
        "advice": advice,
    }
