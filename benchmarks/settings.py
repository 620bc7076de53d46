"""Both apps, and their peers beside them, on servers that live as long as the run.

They are emptied: who started them gives their addresses, there is no default.
"""

import os
from importlib.util import find_spec
from typing import Any

from jwtauth.core.jwk import generate_jwk
from jwtauth.core.keys import KeyUse

SECRET_KEY = "benchmarks-only-" + "k" * 40
USE_TZ = True
ROOT_URLCONF = "benchmarks.urls"
ALLOWED_HOSTS = ["testserver"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PEERS = {
    "rest_framework_simplejwt": "rest_framework_simplejwt.token_blacklist",
    "knox": "knox",
}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
    "jwtauth",
    "sessionauth",
    # Some programs do without.
    *(app for package, app in PEERS.items() if find_spec(package)),
]
MIDDLEWARE = ["sessionauth.middleware.SessionMiddleware"]
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "USER": "postgres",
        "HOST": os.environ["BENCHMARK_POSTGRES_SOCKET_DIR"],
        # Given, so that nothing that PGPORT or PGHOSTADDR says counts.
        "PORT": "5432",
        "OPTIONS": {"hostaddr": ""},
        # A connection for each request would hide all else.
        "CONN_MAX_AGE": None,
    }
    if "BENCHMARK_POSTGRES_SOCKET_DIR" in os.environ
    else {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": os.environ["BENCHMARK_REDIS_URL"],
    },
    # Where Django's own session engines keep theirs: a database beside ours.
    "django-redis": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": os.environ["BENCHMARK_REDIS_URL"].replace("db=0", "db=1"),
    },
    "django": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["BENCHMARK_REDIS_URL"].replace("db=0", "db=1"),
    },
}
SESSION_ENGINE = "sessionauth.engine"
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
KEYS = [generate_jwk("ES256", KeyUse.SIG), generate_jwk("HS256", KeyUse.REFRESH)]
JWTAUTH: dict[str, Any] = {
    "ISSUER": "i",
    "AUDIENCE": "a",
    "KEYS": KEYS,
    "DELIVERY": {"bearer"},
}
# What simplejwt recommends where refresh tokens rotate; the rest is as it comes.
SIMPLE_JWT: dict[str, Any] = {
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
}
