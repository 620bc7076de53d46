"""The login form: Django's, and every refusal alike."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

# Read aloud at the fields, what is wrong with both is heard where it can be mended.
_WRONG = {"aria-invalid": "true", "aria-describedby": "form-errors"}


class CredentialsForm(AuthenticationForm):
    """Name and password; the backends decide."""

    def clean_username(self) -> str:
        """Refuse what no name can be, where names are numbers, say.

        Raises:
            ValidationError: as for an unknown name.
        """
        name: str = self.cleaned_data["username"]
        model = get_user_model()
        try:
            model._meta.get_field(model.USERNAME_FIELD).to_python(name)  # type: ignore[union-attr] # never a relation
        except ValidationError:
            raise self.get_invalid_login_error() from None
        return name

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        """Refuse whom a lenient backend let in, without a word of the reason.

        Raises:
            ValidationError: as for an unknown name.
        """
        if not user.is_active:
            raise self.get_invalid_login_error()

    def full_clean(self) -> None:
        """Mark the credentials as wrong where together they are."""
        super().full_clean()
        if self.has_error(NON_FIELD_ERRORS):
            for name in self.fields.keys() & {"username", "password"}:
                self.fields[name].widget.attrs.update(_WRONG)


class PasswordForm(CredentialsForm):
    """The password once more, of the user who is logged in."""

    error_messages = {  # noqa: RUF012 # as Django's own, which the stubs want unmarked
        "invalid_login": _("That is not the right password."),
        "inactive": _("That is not the right password."),
    }

    def __init__(self, user: AbstractBaseUser, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 # Django's signature
        """Ask for no name: no other user's counts."""
        super().__init__(*args, **kwargs)
        self._user = user
        del self.fields["username"]
        self.fields["password"].widget.attrs["autofocus"] = True

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Ask the backends, as at the login: what counts attempts does so here.

        Raises:
            ValidationError: nobody was proved, or somebody else.
        """
        self.cleaned_data["username"] = self._user.get_username()
        cleaned = super().clean()
        if self.user_cache is not None and self.user_cache.pk != self._user.pk:
            raise self.get_invalid_login_error()
        return cleaned
