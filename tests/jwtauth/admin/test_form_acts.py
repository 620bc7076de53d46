"""Who may lock a user out: whoever could do it on the user's own page."""

import pytest
from django.contrib import admin
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Permission, User
from django.db import models
from django.http import HttpRequest
from django.test.utils import isolate_apps

from jwtauth.admin.form_acts import may_deactivate


class KeepsRoot(admin.ModelAdmin):
    """A project's own rule: superusers are changed by nobody."""

    def has_change_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return obj is None or not obj.is_superuser


@pytest.fixture
def request_of_root(db: None) -> HttpRequest:
    """A request of somebody who may do everything."""
    request = HttpRequest()
    request.user = User.objects.create_superuser("root")
    return request


class TestMayDeactivate:
    def test_rule_of_the_projects_admin_of_users_holds_here_too(
        self, request_of_root: HttpRequest
    ) -> None:
        """This page must be no way around the other."""
        site = admin.AdminSite()
        site.register(User, KeepsRoot)

        assert may_deactivate(site, request_of_root, User(username="alice"))
        assert not may_deactivate(site, request_of_root, request_of_root.user)

    @pytest.mark.django_db
    def test_no_admin_of_users_the_permission_decides(self) -> None:
        """Users may be managed elsewhere; their permission is what is left."""
        request, site = HttpRequest(), admin.AdminSite()
        request.user = User.objects.create_user("operator", is_staff=True)
        assert not may_deactivate(site, request, User(username="alice"))

        request.user.user_permissions.add(
            Permission.objects.get(codename="change_user")
        )
        request.user = User.objects.get()

        assert may_deactivate(site, request, User(username="alice"))

    @isolate_apps("tests")
    def test_user_model_without_is_active_has_nobody_to_deactivate(
        self, request_of_root: HttpRequest
    ) -> None:
        """``AbstractBaseUser`` has an attribute of the name, and no column."""

        class Plain(AbstractBaseUser):
            name = models.CharField(max_length=10)
            USERNAME_FIELD = "name"

            class Meta:
                app_label = "tests"

        site = admin.AdminSite()

        assert not may_deactivate(site, request_of_root, Plain(name="alice"))
