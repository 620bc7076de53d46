"""The demo's WSGI application, as the server's worker process loads it."""

import os

from django.core.wsgi import get_wsgi_application

from demo_project.worker_process import settle_worker

settle_worker()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo_project.settings")
application = get_wsgi_application()
