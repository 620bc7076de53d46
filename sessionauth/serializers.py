"""What the endpoints read from a body."""

import copy
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

_NO_OAUTH = _("This is no OAuth token endpoint.")


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


class LoginSerializer(CredentialsSerializer):
    """The same, and what else a login may ask for."""

    remember = serializers.BooleanField(default=False)
    """The cookie outlives the browser."""
    end_oldest = serializers.BooleanField(default=False)
    """At the limit of sessions: end the oldest rather than refuse this one."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the declared ones."""
        return {**super().get_fields(), **copy.deepcopy(self._declared_fields)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an OAuth client: a password is for us alone (RFC 9700 §2.4).

        Raises:
            ValidationError: 400; the body names a grant.
        """
        if "grant_type" in self.initial_data:
            raise serializers.ValidationError({"grant_type": [_NO_OAUTH]})
        return attrs
