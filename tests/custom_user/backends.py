"""Another way to log in than by password."""

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from tests.custom_user.models import Person


class ByLink(BaseBackend):
    """Whoever follows a link that was mailed to them."""

    def authenticate(
        self, request: HttpRequest | None, link: str | None = None
    ) -> Person | None:
        return Person.objects.filter(pk=link).first() if link else None

    def get_user(self, user_id: object) -> Person | None:
        return Person.objects.filter(pk=user_id).first()
