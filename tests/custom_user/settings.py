"""The settings of the suite, with another user model, on SQLite."""

from tests.settings import *  # noqa: F403 # all but what follows

ROOT_URLCONF = "tests.custom_user.urls"
AUTH_USER_MODEL = "custom_user.Person"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "jwtauth",
    "tests.custom_user",
]
MIDDLEWARE = [
    "django.middleware.csrf.CsrfViewMiddleware",
    "jwtauth.middleware.JWTAuthenticationMiddleware",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
