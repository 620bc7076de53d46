"""The demo's people in the admin, with their logins: what a project writes itself."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import User

from jwtauth.admin import TokenFamilyUserAdminMixin

admin.site.unregister(User)


@admin.register(User)
class UserAdmin(TokenFamilyUserAdminMixin, DjangoUserAdmin):  # type: ignore[type-arg] # no [] at run time
    """Django's own, and the logins by token of each user."""
