"""The second service's WSGI application, as its worker process loads it."""

import os

from django.core.wsgi import get_wsgi_application

from demo_project.worker_process import settle_worker

settle_worker()
os.environ["DJANGO_SETTINGS_MODULE"] = "demo_project.resource_server.settings"
application = get_wsgi_application()
