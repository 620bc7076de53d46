"""What the demo mounts, with the session scheme under ``/auth/`` and ``/api/``."""

from demo_project.mounts import mounts
from demo_project.schemes import SCHEMES

urlpatterns = mounts(SCHEMES["session"])
