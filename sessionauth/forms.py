"""The login form: Django's, and whether the browser is to be remembered."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class LoginForm(AuthenticationForm):
    """Name, password, and a box that is empty at first."""

    remember = forms.BooleanField(label=_("Remember me on this device"), required=False)
