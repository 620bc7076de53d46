"""The demo's own settings, with what a test may change while the server runs."""

import os

from demo_project.environment import read_environment
from demo_project.settings import *  # noqa: F403 - all of them
from demo_project.settings import CACHES, MIDDLEWARE

MIDDLEWARE = ["tests.e2e.overrides.OverridesMiddleware", *MIDDLEWARE]
# A hundred logins cost nothing but time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Nothing here hangs Redis; on a busy machine half a second may pass all the same.
CACHES["default"]["OPTIONS"] = {"SOCKET_TIMEOUT": 30, "SOCKET_CONNECT_TIMEOUT": 30}
KEPT_IN = read_environment(os.environ).directory
