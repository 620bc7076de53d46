"""The body of a request whose sender nobody knows yet: it may be no form at all."""

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParserError

UNREADABLE = (
    BadRequest,  # a urlencoded form in another charset than UTF-8
    MultiPartParserError,
    SuspiciousOperation,  # too many fields, or more than the project lets in
    UnreadablePostError,  # the connection broke
    LookupError,  # no charset, or one that makes no text
    ValueError,
)
"""What ``request.POST`` raises; left to Django, its page for a 400 reads it again."""
