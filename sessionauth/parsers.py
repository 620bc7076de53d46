"""The parser of the endpoints: whatever comes, what can't be read is a 400."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from rest_framework import parsers, status
from rest_framework.exceptions import APIException, ParseError

from sessionauth.request_body import UNREADABLE


class BodyTooLarge(APIException):
    """413: the body is larger than any that the endpoints understand."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The body is too large.")
    default_code = "body_too_large"


class JSONParser(parsers.JSONParser):
    """``application/json``; DRF's, with an answer to what DRF's lets through."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 # DRF's signature
        """Parse as DRF does.

        Raises:
            ParseError: 400; nested too deeply, or not text in the charset it names.
        """
        try:
            return super().parse(stream, media_type, parser_context)
        except (RecursionError, *UNREADABLE) as error:
            raise ParseError from error
