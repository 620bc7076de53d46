"""What the endpoints read from a body."""

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework import serializers


class CredentialsSerializer(serializers.Serializer[Any]):
    """User name, under the name of the model's ``USERNAME_FIELD``, and password."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the two fields. Passwords are taken as they are, spaces and all."""
        return {
            get_user_model().USERNAME_FIELD: serializers.CharField(write_only=True),
            "password": serializers.CharField(
                write_only=True, trim_whitespace=False, style={"input_type": "password"}
            ),
        }
