"""The admin of logins by token: look at them, and end them.

``TokenFamily`` registers itself. The admin of users is the project's own: it takes
``TokenFamilyUserAdminMixin``, or ``TokenFamilyInline`` alone.
"""

from jwtauth.admin.families import TokenFamilyAdmin
from jwtauth.admin.users import TokenFamilyInline, TokenFamilyUserAdminMixin

__all__ = ["TokenFamilyAdmin", "TokenFamilyInline", "TokenFamilyUserAdminMixin"]
