"""Django's socket for sessions: ``SESSION_ENGINE = "sessionauth.engine"``.

Admin, CSRF in sessions, messages and ``login()`` work as with any other engine. What
differs is in the promises: every login gets a new id, a save can't bring a session
back, requests that change different keys both win, and a store that is down is an
error, never an empty session.
"""

from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.views.decorators.debug import sensitive_variables

from sessionauth.conf import get_settings
from sessionauth.core.record import EXPIRY, USER_ID, SessionRecord
from sessionauth.core.session_id import digest, is_session_key, new_session_key
from sessionauth.core.timeouts import Verdict, deadline_ms
from sessionauth.exceptions import (
    LoginRefused,
    SessionEnded,
    SessionKeyTaken,
    SessionRefused,
    StoreDown,
)
from sessionauth.flows.load import load_session
from sessionauth.flows.login import open_session
from sessionauth.flows.renew import renew_session
from sessionauth.flows.revoke import revoke
from sessionauth.flows.save import (
    create_session,
    demand_user_check,
    note_user_check,
    save_session,
)
from sessionauth.flows.session import Origin, Reason
from sessionauth.flows.stored import StoredSession
from sessionauth.signals import report_store_down
from sessionauth.stores import sessions

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


class SessionStore(SessionBase):
    """One session of one request, as Django sees it."""

    def __init__(self, session_key: str | None = None) -> None:
        """Remember the id that the client shows; the store is asked at first use."""
        super().__init__(session_key)
        self._shown_key = session_key if is_session_key(session_key or "") else None
        self.store_down = False
        self.logged_out = False
        self.counts_as_activity = True
        self.may_end_oldest = False
        self.must_go_on = False
        self.flush_reason = Reason.FLUSHED
        self.origin: Callable[[], Origin] = Origin
        self._stored: StoredSession | None = None
        self._login_noted = False
        self._expiry_changed = False

    # What Django asks of an engine.

    def load(self) -> dict[str, Any]:
        """Return the session's data; an id that is not ours gets an empty session."""
        with self._asking():
            self._stored = self._load()
        if self._stored is None:
            self._session_key = None
            return {}
        return dict(self._stored.record.data)

    def exists(self, session_key: str | None) -> bool:
        """Return whether there is such a session, without using it."""
        if not session_key:
            return False
        with self._asking():
            return sessions.is_alive(digest(session_key))

    def create(self) -> None:
        """Store a session under a new id, with what this one holds."""
        self._data(no_load=True)
        with self._asking():
            self._create(new_session_key())
            self._save()
        self.modified = True

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 # Django's signature
        """Store what changed, only if the session is alive.

        Raises:
            UpdateError: it ended meanwhile, and stays so.
            CreateError: ``must_create``, and the id is taken.
            LoginRefused: it was a login, and one too many.
        """
        self._data(no_load=must_create)
        if self.session_key is None:
            return self.create()
        with self._asking():
            if must_create:
                self._create(self.session_key)
            self._save()
        return None

    @sensitive_variables("session_key", "key", "shown")
    def delete(self, session_key: str | None = None) -> None:
        """End a session, this one if no id is given.

        A logout ends what its client shows, also where that was renewed meanwhile, or
        where its end is one that the replicas did not confirm when it was asked for.
        """
        shown = self._shown_key if self.logged_out else None
        if key := session_key or self.session_key or shown:
            with self._asking():
                revoke(digest(key), self.flush_reason)

    def flush(self) -> None:
        """End this session; what is set from now on goes to a new one."""
        super().flush()
        self._stored = self._shown_key = None

    def cycle_key(self) -> None:
        """Renew the id: the data moves along, the old id is dead at once."""
        data = self._data()
        if self.session_key is None:
            return self.create()
        with self._asking():
            try:
                self._keep(renew_session(self._known(), data))
            except SessionRefused:
                self._empty()
        self.modified = True
        return None

    async def aflush(self) -> None:
        """End this session; see ``flush``."""
        await sync_to_async(self.flush)()

    async def acycle_key(self) -> None:
        """Renew the id; see ``cycle_key``."""
        await sync_to_async(self.cycle_key)()

    @classmethod
    def clear_expired(cls) -> None:
        """Do nothing: Redis drops what expired."""

    # What our own middleware and authentication ask: flows.session.LiveSession.

    @property
    def record(self) -> SessionRecord | None:
        """The record as the store has it; None if there is no session."""
        self._data()
        return self._stored.record if self._stored else None

    @property
    def verdict(self) -> Verdict:
        """What the record was worth when it was loaded."""
        self._data()
        return self._stored.verdict if self._stored else Verdict.ALIVE

    @property
    def now_ms(self) -> int:
        """The store's time when it was last asked; 0 if there is no session."""
        self._data()
        return self._stored.now_ms if self._stored else 0

    @property
    def is_cookie_due(self) -> bool:
        """Whether the browser's cookie is no longer the right one."""
        return self._expiry_changed or bool(self._stored and self._stored.is_issued)

    def cookie_age(self) -> int | None:
        """Return the cookie's Max-Age: never more than the session has left."""
        if self._stored is None or self.get_expire_at_browser_close():
            return None
        record = self._stored.record
        end_ms = deadline_ms(record, get_settings().timeouts)
        # Not by get_expiry_age(), which asks this host's clock how far the end is.
        seconds = (end_ms - self._stored.now_ms) // 1000
        if record.idle_ms is not None:
            seconds = min(seconds, record.idle_ms // 1000)
        elif record.deadline_ms is None:
            seconds = min(seconds, self.get_session_cookie_age())
        return max(0, seconds)

    def note_login(self) -> None:
        """Treat the next save as a login, also of the user who is logged in."""
        self._login_noted = True

    def note_user_check(self) -> None:
        """Note in the record that the user's row was checked now.

        Raises:
            SessionEnded: the session ended meanwhile.
        """
        with self._asking():
            self._stored = note_user_check(self._known())

    def load_once(self) -> None:
        """Ask the store for the session, unless that was done in this request."""
        self._data()

    def demand_user_check(self) -> None:
        """Have the user's row checked at the next request, however recent the last.

        Raises:
            SessionEnded: the session ended meanwhile.
        """
        with self._asking():
            self._stored = demand_user_check(self._known())

    # How it is done.

    def _data(self, *, no_load: bool = False) -> dict[str, Any]:
        data: dict[str, Any] = self._get_session(no_load=no_load)  # type: ignore[attr-defined] # not in the stubs
        return data

    @sensitive_variables("session_key")
    def _create(self, session_key: str) -> None:
        try:
            self._stored = create_session(session_key)
        except SessionKeyTaken as error:
            raise CreateError from error
        self._session_key = session_key

    def _save(self) -> None:
        data = self._data()
        try:
            stored = self._known()
            user_id = data.get(USER_ID)
            if user_id and (self._login_noted or user_id != stored.record.user_id):
                self._keep(self._open(stored, data))
                self._login_noted = False
            else:
                self._keep(save_session(stored, stored.with_data(data)))
        except SessionRefused as error:
            raise UpdateError from error
        except LoginRefused:
            self._take_login_back()
            raise

    def _take_login_back(self) -> None:
        """Go on as the visitor whose data came along, if there are any."""
        stored = self._stored
        is_visitor = stored is not None and stored.record.user_id is None
        if stored and is_visitor and stored.is_issued and stored.record.data:
            self._session_cache = dict(stored.record.data)
            self._login_noted = False
        else:
            self._empty()

    def _load(self) -> StoredSession | None:
        return load_session(self.session_key or "", touch=self.counts_as_activity)

    def _open(self, stored: StoredSession, data: dict[str, Any]) -> StoredSession:
        return open_session(
            stored,
            data,
            self.origin(),
            may_end_oldest=self.may_end_oldest,
            must_go_on=self.must_go_on,
        )

    def _known(self) -> StoredSession:
        """Return the stored session; after ``clear()`` it was never loaded."""
        if self._stored is None:
            self._stored = self._load()
        if self._stored is None:
            raise SessionEnded
        return self._stored

    def _keep(self, stored: StoredSession) -> None:
        before = self._stored.record.data.get(EXPIRY) if self._stored else None
        if stored.record.data.get(EXPIRY) != before:
            self._expiry_changed = True
        if stored.session_key != self.session_key:
            self._session_key = stored.session_key
            self._session_cache = dict(stored.record.data)
        self._stored = stored

    def _empty(self) -> None:
        self._session_key, self._session_cache = None, {}
        self._stored = None

    def _asking(self) -> "_Asking":
        return _Asking(self)


class _Asking:
    """The time in which a session asks the store.

    A class, because every request comes here and a generator takes thrice as long.
    """

    __slots__ = ("_session",)

    def __init__(self, session: SessionStore) -> None:
        self._session = session

    def __enter__(self) -> None:
        if self._session.store_down:
            # Once is enough: the next call would only wait for the same silence.
            raise StoreDown("It gave no answer earlier in this request.")

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: "TracebackType | None",
    ) -> None:
        if isinstance(error, StoreDown):
            self._session.store_down = True
            report_store_down(error)
