"""What the endpoints read from a body."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from jwtauth.conf import get_settings

_NO_OAUTH = _("This is no OAuth token endpoint.")


class TokenObtainSerializer(serializers.Serializer[Any]):
    """The user model's name field, and the password."""

    password = serializers.CharField(trim_whitespace=False, write_only=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field that the user model logs in by, e.g. an e-mail address."""
        name = get_user_model().USERNAME_FIELD
        return {name: _NameField(), **super().get_fields()}


class _NameField(serializers.CharField):
    """A value that the user model's name field can hold, such as a number."""

    def to_internal_value(self, data: Any) -> str:  # noqa: ANN401 # DRF's signature
        """Refuse what the database would choke on.

        Raises:
            ValidationError: 400.
        """
        text = super().to_internal_value(data)
        model = get_user_model()
        try:
            model._meta.get_field(model.USERNAME_FIELD).to_python(text)  # type: ignore[union-attr] # never a relation
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages) from None
        return text


class _TokenField(serializers.CharField):
    """A token as it came: white space around it is another spelling."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 # DRF's signature
        super().__init__(trim_whitespace=False, **options)


class WishesSerializer(serializers.Serializer[Any]):
    """How the client wants its login: delivered, out of what is on; at which price."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Offer what ``DELIVERY`` says now."""
        ways = sorted(str(way) for way in get_settings().delivery)
        field = serializers.ChoiceField(ways, required=False)
        # DRF's own message repeats what came, which may be no text at all.
        field.error_messages["invalid_choice"] = f"Must be one of: {', '.join(ways)}."
        return {
            "delivery": field,
            "end_oldest": serializers.BooleanField(default=False),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an OAuth client: a password is for us alone (RFC 9700 §2.4).

        Raises:
            ValidationError: 400; the body names a grant.
        """
        if "grant_type" in self.initial_data:
            raise serializers.ValidationError({"grant_type": [_NO_OAUTH]})
        return attrs


class ScopeSerializer(serializers.Serializer[Any]):
    """What the client wants its access token for, out of what it may have."""

    # As it came: white space is part of its grammar (RFC 6749 §3.3).
    scope = serializers.CharField(required=False, trim_whitespace=False)


class TokenRefreshSerializer(ScopeSerializer):
    """A refresh token, unless the header or a cookie brings it; perhaps a scope."""

    refresh = _TokenField(required=False)


class LogoutSerializer(serializers.Serializer[Any]):
    """A refresh token, unless the header or the cookies say who leaves."""

    refresh = _TokenField(required=False)


class TokenVerifySerializer(serializers.Serializer[Any]):
    """An access token."""

    token = _TokenField()


class TokenRevokeSerializer(serializers.Serializer[Any]):
    """A token of either kind; the hint of RFC 7009 §2.1 is not needed to find it."""

    token = _TokenField()
