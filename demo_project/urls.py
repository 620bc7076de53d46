"""The demo's URL configuration: the mounts, with the scheme that AUTH_SCHEME chose."""

from django.conf import settings

from demo_project.mounts import mounts
from demo_project.schemes import SCHEMES

urlpatterns = mounts(SCHEMES[settings.AUTH_SCHEME])
