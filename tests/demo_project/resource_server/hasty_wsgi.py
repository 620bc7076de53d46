"""What ``hasty_program`` serves: the real thing, with a shorter reload interval."""

from datetime import timedelta

from demo_project.resource_server import settings
from jwtauth import conf

INTERVAL = timedelta(milliseconds=200)

# Before the module is loaded that takes it from there.
conf.MIN_REMOTE_INTERVAL = INTERVAL
settings.JWTAUTH["KEY_RELOAD_INTERVAL"] = INTERVAL

from demo_project.resource_server.wsgi import application  # noqa: E402 # see above

__all__ = ["application"]
