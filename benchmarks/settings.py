"""Both apps on an embedded server and a database in memory.

The server is emptied: its address is given by who started it, and has no default.
"""

import os
from typing import Any

from jwtauth.core.jwk import generate_jwk
from jwtauth.core.keys import KeyUse

SECRET_KEY = "benchmarks-only-" + "k" * 40
USE_TZ = True
ROOT_URLCONF = "benchmarks.urls"
ALLOWED_HOSTS = ["testserver"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "jwtauth",
    "sessionauth",
]
MIDDLEWARE = ["sessionauth.middleware.SessionMiddleware"]
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": os.environ["BENCHMARK_REDIS_URL"],
    }
}
SESSION_ENGINE = "sessionauth.engine"
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
KEYS = [generate_jwk("ES256", KeyUse.SIG), generate_jwk("HS256", KeyUse.REFRESH)]
JWTAUTH: dict[str, Any] = {"ISSUER": "i", "AUDIENCE": "a", "KEYS": KEYS}
