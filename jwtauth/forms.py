"""The login form: Django's, and every refusal alike."""

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError


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
