"""The login form: Django's, and whether the browser is to be remembered."""

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


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


class LoginForm(CredentialsForm):
    """The same, and a box that is empty at first."""

    remember = forms.BooleanField(
        label=_("Remember me on this device"), label_suffix="", required=False
    )
