"""Settings as a deployment has them: ``check --deploy`` must find nothing to say.

Secrets come from the environment. Where it has none, as in the check itself, they are
made for the life of the process: no run can depend on a secret of the repository.
"""

import os
import secrets
from datetime import timedelta
from typing import Any

from demo_project import content_security_policy

SECRET_KEY = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(50)
DEBUG = False
ALLOWED_HOSTS = ["tandem.example"]
ROOT_URLCONF = "tests.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "jwtauth",
    "sessionauth",
    "demo_project",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    content_security_policy.MIDDLEWARE,
    "sessionauth.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "jwtauth.middleware.JWTAuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = "demo_project.lockout.GuessHandler"
AXES_COOLOFF_TIME = timedelta(days=1)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
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
STATIC_URL = "static/"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("PGDATABASE", "tandem"),
        "USER": os.environ.get("PGUSER", "tandem"),
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
        "HOST": os.environ.get("PGHOST", "/run/postgresql"),
    }
}
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": os.environ.get("REDIS_URL", "rediss://redis.tandem.example:6379/0"),
        "OPTIONS": {"SOCKET_TIMEOUT": 0.5, "SOCKET_CONNECT_TIMEOUT": 0.5},
    },
    # A database of their own: clear() on the other one empties that one.
    "sessions": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": os.environ.get(
            "SESSIONS_REDIS_URL", "rediss://redis.tandem.example:6379/1"
        ),
    },
}

SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_CSP = content_security_policy.WITH_ADMIN
CONTENT_SECURITY_POLICY = {"DIRECTIVES": content_security_policy.WITH_ADMIN}

SESSION_ENGINE = "sessionauth.engine"
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
LOGIN_URL = "sessionauth:login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "home"

SESSIONAUTH: dict[str, Any] = {"CACHE": "sessions"}
JWTAUTH: dict[str, Any] = {
    "ISSUER": "https://tandem.example",
    "AUDIENCE": "https://tandem.example/api",
    "KEYS": "tests.signing_keys.load",
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
