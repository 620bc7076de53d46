"""Parsers for the endpoints: whatever comes, a body that can't be read is a 400."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from rest_framework import parsers, status
from rest_framework.exceptions import APIException, ParseError

from jwtauth.transport.request_body import UNREADABLE


class BodyTooLarge(APIException):
    """413: the body is larger than any that the endpoints understand."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The body is too large.")
    default_code = "body_too_large"


class _Guarded:
    """Turns what DRF's parsers let through into the answer that they give."""

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
            return super().parse(stream, media_type, parser_context)  # type: ignore[misc] # of DRF's parser
        except (RecursionError, *UNREADABLE) as error:
            raise ParseError from error


class JSONParser(_Guarded, parsers.JSONParser):
    """``application/json``."""


class FormParser(_Guarded, parsers.FormParser):
    """``application/x-www-form-urlencoded``."""


class MultiPartParser(_Guarded, parsers.MultiPartParser):
    """``multipart/form-data``, DRF's default in tests."""


PARSERS = (JSONParser, FormParser, MultiPartParser)
