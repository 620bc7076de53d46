"""The guard against guessing: django-axes, made to count before anything is checked.

It needs nothing of the demo but ``lockout.html``, so that a project can copy it;
``docs/how-to/guard-the-login.md`` has the settings that go with it.

axes counts a guess when it has failed. Guesses that are sent all at once are then all
checked before the first one counts. Here each takes its place in the count first, and
a login gives it back.
"""

import json
import math
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from random import randint
from typing import Any, TypeAlias

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username, get_cool_off, get_failure_limit
from axes.models import AccessAttempt, AccessLog
from axes.signals import user_locked_out
from django.contrib.auth import get_user_model
from django.db import router, transaction
from django.db.models import Max, Min, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from sessionauth.transport import client_address
from sessionauth.views.page_headers import set_page_headers

# Waits of a client at one address, after the free guesses of ``AXES_FAILURE_LIMIT``.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)

# All guesses at one account since its last login, wherever they come from: where it
# was never logged in to, half of the 100 that NIST SP 800-63B-4 §3.2.2 allows. The
# others can't be used up from elsewhere, so that the owner gets in from home.
GUESSES_FROM_UNKNOWN = 50
GUESSES_IN_ALL = 100
ACCOUNT_FORGETS_AFTER = timedelta(days=30)
ADDRESS_KNOWN_FOR = timedelta(days=90)

# No client has these addresses.
ANYWHERE = "255.255.255.255"
UNKNOWN = "0.0.0.0"  # noqa: S104 # nothing listens there

_LOOKED_AT = 100
_LONGEST_NAME = 255

_Credentials: TypeAlias = dict[str, Any] | None


class GuessHandler(AxesDatabaseHandler):  # type: ignore[misc] # axes has no types
    """For ``AXES_HANDLER``; keeps two rows a name: for the address, and for all."""

    def is_locked(self, request: HttpRequest, credentials: _Credentials = None) -> bool:
        """Take a guess; return whether there is none to be had now."""
        spelling = str(get_client_username(request, credentials))[:_LONGEST_NAME]
        name = folded(spelling)
        limit = get_failure_limit(request, credentials)
        with transaction.atomic(using=router.db_for_write(AccessAttempt)):
            # The lock on the first row makes guesses at an account wait for each other.
            account = _row(request, name, ANYWHERE, ACCOUNT_FORGETS_AFTER)
            here = _row(request, name, _address(request), get_cool_off(request))
            wait: timedelta | None = _wait(here, limit, timezone.now())
            if not _has_guesses(account, spelling, _address(request)):
                wait = None
            is_free = wait is not None and wait <= timedelta()
            if is_free:
                _count(spelling, account, here)
        request.axes_wait = wait  # type: ignore[attr-defined] # ours
        request.axes_guess = spelling  # type: ignore[attr-defined] # ours
        return not is_free

    def user_login_failed(
        self,
        sender: object,  # noqa: ARG002 # axes' signature
        credentials: dict[str, Any],
        request: HttpRequest | None = None,
        **_: object,
    ) -> None:
        """Count a failure that no backend has announced; tell of a refusal."""
        if request is None:
            return
        if not hasattr(request, "axes_guess"):
            request.axes_locked_out = self.is_locked(request, credentials)  # type: ignore[attr-defined] # axes'
        # Nobody was proved under this name, whoever is logged in by the same request.
        request.axes_guess = None  # type: ignore[attr-defined] # ours
        if request.axes_locked_out:  # type: ignore[attr-defined] # axes'
            name, address = get_client_username(request, credentials), _address(request)
            user_locked_out.send(
                "axes", request=request, username=name, ip_address=address
            )
            # A refusal costs whoever sends it nothing, so it must cost little here.
            return
        self.clean_expired_user_attempts(request, credentials)

    def user_logged_in(
        self,
        sender: object,  # noqa: ARG002 # axes' signature
        request: HttpRequest | None,
        user: Any,  # noqa: ANN401 # any user model
        **_: object,
    ) -> None:
        """Take the guesses at the account back, and know the address from now on."""
        if request is None:
            return
        own = user.get_username()
        spellings = {own, getattr(request, "axes_guess", None) or own}
        for name in sorted(map(folded, spellings)):
            _take_back(name, _address(request), user, spellings)
        for spelling in spellings:
            _know(request, spelling, _address(request))

    def user_logged_out(self, *_: object, **__: object) -> None:
        """Do nothing: sessions and tokens have lists of their own."""

    def clean_expired_user_attempts(
        self,
        request: HttpRequest | None = None,
        credentials: _Credentials = None,  # noqa: ARG002 # axes' signature
    ) -> int:
        """Delete some rows that count no more; none that somebody waits for.

        It looks at a few, from a random one on: each failed login pays for this, and
        nobody can make it dear, or keep it from the others, by what they leave there.
        """
        now = timezone.now()
        attempts = AccessAttempt.objects.order_by("pk")
        ends = attempts.aggregate(first=Min("pk", default=0), last=Max("pk", default=0))
        last_start = max(ends["first"], ends["last"] - _LOOKED_AT + 1)
        start = randint(ends["first"], last_start)  # noqa: S311 # no secret
        near = attempts.filter(pk__gte=start)[:_LOOKED_AT].values_list("pk", flat=True)
        old = AccessAttempt.objects.select_for_update(skip_locked=True).filter(
            # Not at once: a guess at the same name may be about to find the row.
            Q(failures_since_start=0, attempt_time__lt=now - FIRST_WAIT)
            | Q(attempt_time__lt=now - ACCOUNT_FORGETS_AFTER)
            | Q(attempt_time__lt=now - get_cool_off(request)) & ~Q(ip_address=ANYWHERE),
            pk__in=list(near),
        )
        with transaction.atomic(using=router.db_for_write(AccessAttempt)):
            keys = [row.pk for row in old]
            AccessAttempt.objects.filter(pk__in=keys).delete()
        return len(keys)

    def reset_attempts(self, *, username: str | None = None, **where: Any) -> int:  # noqa: ANN401 # axes' signature
        """Forget guesses, as axes' commands ask."""
        name = None if username is None else folded(username)
        count: int = super().reset_attempts(username=name, **where)
        return count


def folded(name: object) -> str:
    """Return the name under which guesses count: some backends take no notice of case.

    Where they do, accounts share the count whose names differ in case alone, or as ß
    and ss do. So a login takes back what was guessed at its own account alone.
    """
    return str(name or "").casefold()[:_LONGEST_NAME]


def counted_name(_request: HttpRequest, credentials: _Credentials) -> str:
    """Return whom a guess is at, as it was spelled, for ``AXES_USERNAME_CALLABLE``.

    Django's form calls the name ``username`` whatever the user model does.
    """
    given = credentials or {}
    name = given.get("username") or given.get(get_user_model().USERNAME_FIELD)
    return str(name or "")


def client_network(request: HttpRequest) -> str:
    """Return where a guess comes from, for ``AXES_CLIENT_IP_CALLABLE``.

    One subscriber has a whole /64 of IPv6, and takes new addresses from it at will.
    """
    text = client_address(request)
    if not text:
        return UNKNOWN
    address = ip_address(text)
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(ip_network((address, 64), strict=False).network_address)


def answer(
    request: HttpRequest,
    refused: object = None,
    _credentials: _Credentials = None,
) -> HttpResponse:
    """Return what is told where no guess is to be had, for ``AXES_LOCKOUT_CALLABLE``.

    It is the same whether the password was right and whether there is such a user.
    """
    wait: timedelta | None = getattr(request, "axes_wait", LONGEST_WAIT)
    # None: all guesses at the account are used up, and no wait brings one back.
    seconds = None if wait is None else max(1, math.ceil(wait.total_seconds()))
    response: HttpResponse
    if _is_page(request, refused):
        context = {"minutes": seconds and math.ceil(seconds / 60)}
        response = render(request, "lockout.html", context, status=429)
    else:
        told = _("Too many attempts. Try again later.")
        response = JsonResponse({"detail": told, "code": "too_many_attempts"})
        response.status_code = 429
    if seconds is not None:
        response["Retry-After"] = str(seconds)
    # axes answers in the place of the page, whose own headers are lost.
    set_page_headers(response)
    return response


def _is_page(request: HttpRequest, refused: object) -> bool:
    # Under ASGI axes passes no response.
    if isinstance(refused, HttpResponse):
        return refused.headers.get("Content-Type", "").startswith("text/html")
    return "text/html" in request.headers.get("Accept", "")


def _address(request: HttpRequest) -> str:
    address: str = request.axes_ip_address  # type: ignore[attr-defined] # axes'
    return address


def _row(
    request: HttpRequest, name: str, address: str, forgets_after: timedelta
) -> AccessAttempt:
    """Return the count of guesses at ``name`` from ``address``, locked.

    Nothing else of the request is kept: no body, no query, no browser. ``get_data``
    has the spellings of the name, one for each guess.
    """
    path = request.path_info[:_LONGEST_NAME]
    nothing = {"get_data": "", "post_data": "", "http_accept": "", "path_info": path}
    row, _created = AccessAttempt.objects.select_for_update().get_or_create(
        username=name,
        ip_address=address,
        user_agent="",
        defaults={**nothing, "failures_since_start": 0},
    )
    if row.attempt_time < timezone.now() - forgets_after:
        row.failures_since_start, row.get_data = 0, ""
    return row


def _wait(row: AccessAttempt, free: int, now: datetime) -> timedelta:
    """Return how long the next guess has to wait; it doubles with each."""
    beyond = row.failures_since_start - free
    if beyond < 0:
        return timedelta()
    longest = min(FIRST_WAIT * 2 ** min(beyond, 10), LONGEST_WAIT)
    wait: timedelta = row.attempt_time + longest - now
    return wait


def _has_guesses(account: AccessAttempt, spelling: str, address: str) -> bool:
    if account.failures_since_start < GUESSES_FROM_UNKNOWN:
        return True
    since = timezone.now() - ADDRESS_KNOWN_FOR
    known = AccessLog.objects.filter(
        username=spelling, ip_address=address, attempt_time__gte=since
    )
    return bool(account.failures_since_start < GUESSES_IN_ALL and known.exists())


def _count(spelling: str, *rows: AccessAttempt) -> None:
    for row in rows:
        row.failures_since_start += 1
        row.get_data = json.dumps([*_spellings(row), spelling])
        row.attempt_time = timezone.now()
        row.save(update_fields=["failures_since_start", "get_data", "attempt_time"])


def _spellings(row: AccessAttempt) -> list[str]:
    found: list[str] = json.loads(row.get_data or "[]")
    return found


def _take_back(
    name: str,
    address: str,
    user: Any,  # noqa: ANN401 # any user model
    proved: set[str],
) -> None:
    """Count the guesses at ``user`` no more; those at others who share it remain.

    Otherwise the owner of ``jeße`` would guess at ``jesse``, and log in in between.

    Args:
        name: as it is counted.
        address: whose count is taken back, besides that of all addresses.
        user: who was proved.
        proved: the spellings that are certainly the user's.
    """
    is_own_name = name == folded(user.get_username())
    with transaction.atomic(using=router.db_for_write(AccessAttempt)):
        # In the order in which a guess locks them.
        for where in (ANYWHERE, address):
            rows = AccessAttempt.objects.select_for_update()
            for row in rows.filter(username=name, ip_address=where):
                left = set(_spellings(row)) - proved
                if is_own_name:
                    left = {each for each in left if _is_anothers(each, user)}
                others = [each for each in _spellings(row) if each in left]
                row.failures_since_start = len(others)
                row.get_data = json.dumps(others) if others else ""
                row.save(update_fields=["failures_since_start", "get_data"])


def _is_anothers(name: str, user: Any) -> bool:  # noqa: ANN401 # any user model
    # The database decides, and may ignore case: then this is the user's own name.
    model = get_user_model()
    found = model._base_manager.filter(**{model.USERNAME_FIELD: name})
    return bool(found.exclude(pk=user.pk).exists())


def _know(request: HttpRequest, name: str, address: str) -> None:
    """Note a name under which the user was proved, by letter: others fold the same."""
    name = name[:_LONGEST_NAME]
    known = AccessLog.objects.filter(username=name, ip_address=address, user_agent="")
    if known.update(attempt_time=timezone.now()):
        return
    AccessLog.objects.create(
        username=name,
        ip_address=address,
        path_info=request.path_info[:_LONGEST_NAME],
    )
