"""The settings of the suite, with another user model, for sessions alone."""

from tests.custom_user.settings import *  # noqa: F403 # all but what follows

ROOT_URLCONF = "tests.custom_user.session_urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "sessionauth",
    "tests.custom_user",
]
MIDDLEWARE = [
    "sessionauth.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "tests.custom_user.backends.ByLink",
]
CSRF_USE_SESSIONS = True
LOGIN_URL = "sessionauth:login"
LOGIN_REDIRECT_URL = "/page/"
