"""A session as the store is known to hold it; each flow takes one and returns one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sessionauth.conf import get_serializer
from sessionauth.core.record import EXPIRY, Fields, SessionRecord, to_fields
from sessionauth.core.session_id import digest
from sessionauth.core.timeouts import Verdict, own_limits


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredSession:
    """One session: its id, its record, and the fields that the record was read from."""

    session_key: str = field(repr=False)
    record: SessionRecord
    fields: Fields = field(repr=False)
    now_ms: int
    """The store server's time when it was last asked."""
    verdict: Verdict = Verdict.ALIVE
    is_issued: bool = False
    """Whether the id was issued in this request, so that the client must learn it."""

    counts_as_activity: bool = True
    """Whether saving it puts off its idle timeout, as loading it did."""

    @property
    def digest(self) -> str:
        """What stands for the id in the store."""
        return digest(self.session_key)

    def with_data(self, data: Mapping[str, object]) -> SessionRecord:
        """Return the record as it is to be with this data."""
        idle_ms, deadline_ms = own_limits(data.get(EXPIRY))
        return replace(
            self.record, data=dict(data), idle_ms=idle_ms, deadline_ms=deadline_ms
        )


def bare_session(session_key: str, created_at_ms: int) -> StoredSession:
    """Return what is known of a session that was created just now."""
    record = SessionRecord(created_at_ms=created_at_ms)
    return StoredSession(
        session_key=session_key,
        record=record,
        fields=to_fields(record, get_serializer()),
        now_ms=created_at_ms,
        is_issued=True,
    )
