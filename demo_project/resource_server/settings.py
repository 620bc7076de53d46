"""Settings of the second service: the issuer's address, and no secret of it."""

import os
from datetime import timedelta
from typing import Any

from django.core.management.utils import get_random_secret_key

from demo_project import content_security_policy
from demo_project.environment import CHECKOUT, read_environment

_environment = read_environment(os.environ)

# Nothing here is signed, so nothing has to outlive a restart.
SECRET_KEY = get_random_secret_key()
DEBUG = False
ALLOWED_HOSTS = list(_environment.hosts)
ROOT_URLCONF = "demo_project.resource_server.urls"
WSGI_APPLICATION = "demo_project.resource_server.wsgi.application"
USE_TZ = True
TIME_ZONE = "UTC"

INSTALLED_APPS: list[str] = []
DATABASES: dict[str, Any] = {}
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    content_security_policy.MIDDLEWARE,
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [CHECKOUT / "templates"],
    }
]
# The page is text and one style sheet.
SECURE_CSP = {**content_security_policy.WITHOUT_SCRIPT, "form-action": ["'none'"]}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": SECURE_CSP}
STATIC_URL = "static/"
# The demo's style sheet, where it lies.
STATIC_ROOT = CHECKOUT / "demo_project" / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False

JWTAUTH: dict[str, Any] = {
    "ISSUER": _environment.address,
    "AUDIENCE": _environment.second_address,
    "KEYS": f"{_environment.address}/.well-known/jwks.json",
    "KEY_RELOAD_INTERVAL": timedelta(seconds=30),
    "USER": "claims",
    # The denylist is in the issuer's Redis.
    "REVOCATION": "refresh_only",
    # A service on a host of its own gets no cookie of another: {"bearer"} there.
    "DELIVERY": {"bearer", "cookie"},
}

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["jwtauth.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    # DRF's default is a model of django.contrib.auth, which is not installed.
    "UNAUTHENTICATED_USER": None,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # In one terminal with the demo's own lines.
    "formatters": {"service": {"format": "second service: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "service"}},
    "loggers": {
        # The precise cause of a refusal is in the log alone.
        "jwtauth": {"handlers": ["console"], "level": "INFO"},
        "django.request": {"handlers": ["console"], "level": "ERROR"},
    },
}
