"""What all views share: addresses, methods, headers, bad input."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings


class TestUrls:
    def test_urls_can_stand_twice(self) -> None:
        """A project may mount them under two prefixes."""
        assert reverse("sessionauth:login") == "/auth/login/"
        assert reverse("second:login") == "/second/login/"


@pytest.mark.usefixtures("alice")
class TestLoginRequiredMiddleware:
    @pytest.mark.parametrize(
        "path", ["/auth/login/", "/auth/session/", "/auth/logout/"]
    )
    def test_own_views_are_exempt(self, settings: Settings, path: str) -> None:
        """A login page that needs a login is a loop."""
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ]

        answer = Client().options(path, secure=True)

        assert answer.status_code != 302
