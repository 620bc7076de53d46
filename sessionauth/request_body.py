"""The body of a request from anybody: too large to be read, or no form at all."""

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

MAX_BODY_BYTES = 256 * 1024
"""More than any page or endpoint reads; a form may bring files as large as it likes."""

UNREADABLE = (
    BadRequest,  # a urlencoded form in another charset than UTF-8
    MultiPartParserError,
    SuspiciousOperation,  # too many fields, or more than the project lets in
    UnreadablePostError,  # the connection broke
    LookupError,  # no charset, or one that makes no text
    ValueError,
)
"""What ``request.POST`` raises; left to Django, its page for a 400 reads it again."""


def is_too_large(request: HttpRequest) -> bool:
    """Whether the body is larger than anything that pages and endpoints understand.

    It is not read for that. What has no length, or a lie for one, is not read past it
    by any WSGI server.
    """
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES
    except ValueError:
        # Django takes that for no body.
        return False
