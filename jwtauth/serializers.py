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


class TokenRefreshSerializer(serializers.Serializer[Any]):
    """A refresh token."""

    refresh = serializers.CharField()


class LogoutSerializer(serializers.Serializer[Any]):
    """A refresh token, unless the access token in the header says who leaves."""

    refresh = serializers.CharField(required=False)


class TokenVerifySerializer(serializers.Serializer[Any]):
    """An access token."""

    token = serializers.CharField()
