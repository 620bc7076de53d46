"""Django's list of objects, filled from Redis instead of a table."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet

from sessionauth.admin.list_filters import LastLoginFilter
from sessionauth.admin.owners import matching
from sessionauth.admin.shown import Shown, as_object, with_users
from sessionauth.core.session_id import is_session_key
from sessionauth.flows.active_sessions import ListedSession
from sessionauth.flows.find_sessions import find_sessions
from sessionauth.flows.recent_logins import (
    UserSessions,
    recent_logins,
    sessions_of_users,
)
from sessionauth.models import ActiveSession
from sessionauth.stores.logins import LastLogin, Span

if TYPE_CHECKING:
    from django.http import HttpRequest

AFTER = "after"
"""Where a page begins, as a query parameter."""
SESSIONS_SHOWN = 10
"""So many sessions of one user stand on a page of many users."""
FOUND_SHOWN = 500
"""So many sessions stand on the page of a search; half of what Django takes ticked."""
_MICROSECONDS = re.compile(r"[0-9]{1,16}")


class ActiveSessionChangeList(ChangeList):
    """A page of users with their sessions; no numbers of pages, because none count.

    Whoever logs in goes to the top, so pages are told by where the last one ended.
    """

    next_page: str = ""
    first_page: str = ""
    has_more_sessions: bool = False
    has_more_users: bool = False
    user_count: int | None = None

    def get_filters_params(
        self, params: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Leave out the place of the page: it is no filter."""
        found: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name != AFTER}

    def get_queryset(
        self,
        request: "HttpRequest",
        exclude_parameters: list[str | None] | None = None,
    ) -> QuerySet[ActiveSession]:
        """Read the filters; return nothing, for there is no table."""
        self.filter_specs, self.has_filters, unknown, _, self.has_active_filters = (
            self.get_filters(request)
        )
        if unknown:
            raise IncorrectLookupParameters
        self.clear_all_filters_qs = self.get_query_string(
            new_params=dict.fromkeys((AFTER, LastLoginFilter.parameter_name))
        )
        return self.root_queryset

    def get_results(self, request: "HttpRequest") -> None:
        """Read one page of sessions."""
        text = self.query.strip()
        shown = self._found(text) if text else self._page(request.GET.get(AFTER, ""))
        self.result_list = [as_object(one) for one in shown]
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = False
        self.show_admin_actions = bool(self.result_list)
        self.can_show_all, self.multi_page = True, False
        self.paginator = Paginator(self.result_list, self.result_count or 1)

    @property
    def _span(self) -> Span:
        (spec,) = (s for s in self.filter_specs if isinstance(s, LastLoginFilter))
        return spec.span

    def _page(self, place: str) -> list[Shown]:
        page = recent_logins(self._span, _read_place(place))
        self.user_count = page.count
        if page.next:
            self.next_page = self.get_query_string({AFTER: _place(page.next)})
        if place:
            self.first_page = self.get_query_string(remove=[AFTER])
        return with_users(self._first_of_each(page.users, SESSIONS_SHOWN))

    def _found(self, text: str) -> list[Shown]:
        """Return the sessions of the users that a search means, or the one session."""
        if is_session_key(text) and (one := find_sessions([text])):
            return with_users(one)
        users, self.has_more_users = matching(text)
        # Of a user who is gone the text may be the key.
        found = sessions_of_users(list({**users, text: None}), self._span)
        most = SESSIONS_SHOWN if len(found) > 1 else FOUND_SHOWN
        sessions = [
            session for user in found for session in self._first_of_each([user], most)
        ]
        return [Shown(session=s, user=users.get(s.user_id)) for s in sessions]

    def _first_of_each(
        self, users: Iterable[UserSessions], most: int
    ) -> list[ListedSession]:
        found: list[ListedSession] = []
        for user in users:
            found += user.sessions[:most]
            self.has_more_sessions |= len(user.sessions) > most
        return found


def _place(login: LastLogin) -> str:
    return f"{login.at_us}.{login.user_id}"


def _read_place(text: str) -> LastLogin | None:
    at_us, _, user_id = text.partition(".")
    if not text:
        return None
    if not _MICROSECONDS.fullmatch(at_us):
        raise IncorrectLookupParameters
    return LastLogin(user_id=user_id, at_us=int(at_us))
