"""Settings of the demo. ``AUTH_SCHEME`` is the single switch between the two apps."""

import os
from datetime import timedelta
from typing import Any

from django.conf import global_settings

from demo_project import content_security_policy
from demo_project.database_url import postgresql_database, sqlite_database
from demo_project.directory import load_secret_key, running_valkey
from demo_project.environment import CHECKOUT, read_environment
from demo_project.schemes import SCHEMES

_environment = read_environment(os.environ)

AUTH_SCHEME = _environment.auth_scheme
DEBUG = _environment.debug
ALLOWED_HOSTS = list(_environment.hosts)
SECRET_KEY = load_secret_key(_environment.directory)
ROOT_URLCONF = "demo_project.urls"
WSGI_APPLICATION = "demo_project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]

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
]
MIDDLEWARE = [
    "demo_project.request_log.request_log",
    "django.middleware.security.SecurityMiddleware",
    content_security_policy.MIDDLEWARE,
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # In both schemes: the admin and its messages ride on sessions.
    "sessionauth.middleware.SessionMiddleware",
    "demo_project.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "demo_project.middleware.JWTPrefixMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if _environment.counting:
    MIDDLEWARE.insert(0, "demo_project.compare.counting.middleware.CountingMiddleware")
    # The default hasher, timed; the rest remain what they are.
    _timed = "demo_project.compare.counting.timed_hasher.TimedHasher"
    PASSWORD_HASHERS = [_timed, *global_settings.PASSWORD_HASHERS[1:]]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [CHECKOUT / "templates"],
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
# The demo has no collectstatic step: whitenoise reads the files where they lie.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False

DATABASES = {
    "default": postgresql_database(_environment.database_url)
    if _environment.database_url
    else sqlite_database(_environment.directory / "db.sqlite3")
}
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": _environment.redis_url or running_valkey(_environment.directory),
        "OPTIONS": {"SOCKET_TIMEOUT": 0.5, "SOCKET_CONNECT_TIMEOUT": 0.5},
    }
}

# Browsers (but Safari) and curl >= 7.79 take Secure cookies from http://127.0.0.1,
# so the demo keeps the names and flags of production. DEMO_SECURE_COOKIES=0 is the
# way out for Safari, under DEBUG only.
_prefix = "__Host-" if _environment.secure_cookies else ""
SESSION_ENGINE = "sessionauth.engine"
SESSION_COOKIE_NAME = f"{_prefix}sessionid"
SESSION_COOKIE_SECURE = _environment.secure_cookies
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = f"{_prefix}csrftoken"
CSRF_COOKIE_SECURE = _environment.secure_cookies
SECURE_CSP = content_security_policy.WITH_ADMIN
CONTENT_SECURITY_POLICY = {"DIRECTIVES": content_security_policy.WITH_ADMIN}
LOGIN_URL = SCHEMES[AUTH_SCHEME].login_url
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "home"

# The guard against guessing: docs/how-to/guard-the-login.md.
INSTALLED_APPS += ["axes"]
MIDDLEWARE += ["axes.middleware.AxesMiddleware"]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = "demo_project.lockout.GuessHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(days=1)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "demo_project.lockout.counted_name"
AXES_CLIENT_IP_CALLABLE = "demo_project.lockout.client_network"
AXES_LOCKOUT_CALLABLE = "demo_project.lockout.answer"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_VERBOSE = False

# Where /compare/ keeps what it has measured.
COMPARE_DIRECTORY = _environment.directory / "compare"

_keys = _environment.directory / "keys"
SESSIONAUTH: dict[str, Any] = {}
if _environment.user_row:
    SESSIONAUTH["USER_CHECK_INTERVAL"] = timedelta(0)
JWTAUTH: dict[str, Any] = {
    # Where the demo really listens: the addresses in its metadata can be followed.
    "ISSUER": _environment.address,
    "AUDIENCE": f"{_environment.address}/api",
    # The second service takes the same tokens.
    "OTHER_AUDIENCES": (
        (_environment.second_address,) if _environment.resource_server else ()
    ),
    "CLAIMS": "demo_project.scopes.of_user",
    "KEYS": _keys,
    # Both ways, to be compared; a project usually has one.
    "DELIVERY": {"bearer", "cookie"},
    "REVOCATION": _environment.revocation,
    "USER": "database" if _environment.user_row else "lazy",
}
# `make demo` makes the keys. Until then their absence is no fault of the settings, and
# commands that need none, such as makemigrations, must work.
SILENCED_SYSTEM_CHECKS = [] if _keys.exists() else ["jwtauth.E030"]

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    # Nothing is public or authenticated by accident: demo_project.mounts says how.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "demo_project.request_log.RequestFilter"}},
    "formatters": {"json": {"()": "demo_project.json_lines.JSONLines"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request"],
            "formatter": "json",
        }
    },
    # The precise cause of a refusal is in the log alone: the demo shows it.
    "loggers": {
        name: {"handlers": ["console"], "level": "INFO"}
        for name in ("jwtauth", "sessionauth")
    },
}
