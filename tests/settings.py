"""Settings of the test suite: both apps on, every server a throw-away of the harness.

``tests.harness.plugin`` starts the servers and puts their addresses into the
environment before anything here is read.
"""

import os
from datetime import timedelta
from typing import Any

SECRET_KEY = "tests-only-" + "k" * 50
USE_TZ = True
ROOT_URLCONF = "tests.urls"
AUTH_SCHEME = "jwt"
ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "rest_framework",
    "jwtauth",
    "sessionauth",
    "demo_project",
    "tests.harness",
    "tests.harness.quiet_axes.QuietAxes",
]
# The guard's own tests turn it on.
AXES_ENABLED = False
MIDDLEWARE = [
    "sessionauth.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "demo_project.middleware.JWTPrefixMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

if os.environ["TEST_DATABASE"] == "postgresql":
    DATABASES: dict[str, dict[str, Any]] = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "tandem",
            "USER": "postgres",
            "HOST": os.environ["TEST_POSTGRES_SOCKET_DIR"],
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": ":memory:",
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
        }
    }

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": os.environ["TEST_REDIS_URL"],
        # A busy machine is no outage. Servers that fail have aliases of their own.
        "OPTIONS": {"SOCKET_TIMEOUT": 30, "SOCKET_CONNECT_TIMEOUT": 30},
    }
}

# Django 6.1 deprecates sending mail without it; older ones don't know it.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}

SESSION_ENGINE = "sessionauth.engine"
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_SECURE = True
SESSIONAUTH: dict[str, Any] = {}

JWTAUTH: dict[str, Any] = {
    "ISSUER": "https://issuer.test",
    "AUDIENCE": "https://api.test",
    "KEYS": "tests.signing_keys.load",
    "DELIVERY": {"bearer", "cookie"},
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
}
