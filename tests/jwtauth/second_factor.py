"""A project's login with a second factor: what asks for it, and what looks at it."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from rest_framework import serializers

SERIALIZER = f"{__name__}.OtpSerializer"
BACKEND = f"{__name__}.OtpBackend"


class OtpSerializer(serializers.Serializer[Any]):
    """A login with a second factor."""

    username = serializers.CharField()
    password = serializers.CharField()
    otp = serializers.CharField()


class OtpBackend(ModelBackend):
    """Knows the factor."""

    def authenticate(
        self, request: HttpRequest | None, *, otp: str = "", **credentials: str
    ) -> AbstractBaseUser | None:
        return super().authenticate(request, **credentials) if otp == "42" else None
