"""The settings of Django's own suites, as Django runs them, with our engine."""

import os

SECRET_KEY = "django_tests_secret_key"
USE_TZ = False
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES = {
    name: {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    for name in ("default", "other")
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "redis": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": os.environ["TEST_REDIS_URL"],
        # A busy machine is no outage.
        "OPTIONS": {"SOCKET_TIMEOUT": 30, "SOCKET_CONNECT_TIMEOUT": 30},
    },
}
SESSION_ENGINE = "sessionauth.engine"
SESSIONAUTH = {"CACHE": "redis"}
TEST_RUNNER = "tests.django_suites.runner.Runner"
