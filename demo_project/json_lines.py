"""The log as JSON, one line for each event: for machines to read, for none to forge."""

import json
import logging
from datetime import UTC, datetime

FIELDS = (
    "event",
    "user_id",
    "handle",
    "device",
    "address",
    "reason",
    "code",
    "kind",
    "outcome",
    "new_digest",
    "fault",
    "kid",
    "use",
    "added",
    "gone",
    "changed",
    "request_id",
    "actor",
    "status_code",
)
"""What may be in a line. A list of what is allowed: whatever else some record carries,
such as the request with its cookies, stays out."""


class JSONLines(logging.Formatter):
    """Escapes all but printable ASCII: no value begins a line or moves a cursor."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line of JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        found = {name: getattr(record, name, None) for name in FIELDS}
        line |= {name: value for name, value in found.items() if value is not None}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)
