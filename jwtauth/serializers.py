"""What the endpoints read from a body."""

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework import serializers


class TokenObtainSerializer(serializers.Serializer[Any]):
    """The user model's name field, and the password."""

    password = serializers.CharField(trim_whitespace=False, write_only=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field that the user model logs in by, e.g. an e-mail address."""
        name = get_user_model().USERNAME_FIELD
        return {name: serializers.CharField(), **super().get_fields()}


class _TokenField(serializers.CharField):
    """A token as it came: white space around it is another spelling."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 # DRF's signature
        super().__init__(trim_whitespace=False, **options)


class TokenRefreshSerializer(serializers.Serializer[Any]):
    """A refresh token."""

    refresh = _TokenField()


class LogoutSerializer(serializers.Serializer[Any]):
    """A refresh token, unless the access token in the header says who leaves."""

    refresh = _TokenField(required=False)


class TokenVerifySerializer(serializers.Serializer[Any]):
    """An access token."""

    token = _TokenField()
