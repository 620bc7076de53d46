"""A program that answers a few requests and reports what that has loaded and opened.

Usage: ``python -m ...imports_program service PORT`` with the second service's real
settings, or ``... baseline`` with DRF alone. Writes one JSON object to stdout.
"""

# ruff: noqa: PLC0415 # each way loads what it needs, and nothing else is there

import json
import os
import sys
from collections.abc import Callable
from typing import Any
from wsgiref.util import setup_testing_defaults

Application = Callable[..., Any]

_opened: list[str] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"open", "os.listdir", "os.scandir"}:
        _opened.append(str(arguments[0]))


def call(application: Application, path: str, token: str = "") -> int:
    """Send one request; return the status."""
    environ: dict[str, Any] = {"PATH_INFO": path, "HTTP_HOST": "127.0.0.1"}
    if token:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    setup_testing_defaults(environ)
    statuses: list[str] = []
    answer = application(environ, lambda status, *_: statuses.append(status))
    b"".join(answer)
    answer.close()
    return int(statuses[0][:3])


def service(port: int) -> dict[str, object]:
    """Let the second service answer in every way that it has."""
    os.environ["DEMO_PORT"] = str(port)
    from demo_project.resource_server.wsgi import application
    from jwtauth.stores import remote_keys
    from tests.demo_project.resource_server.issuer import Issuer

    address = f"http://127.0.0.1:{port}"
    issuer = Issuer(address, f"http://127.0.0.1:{port + 1}")
    token = issuer.token(scope="reports:read")
    statuses = [call(application, "/api/whoami/", token)]
    remote_keys._remote = None  # else the next attempt is half a minute away
    with issuer.published(port):
        statuses += [
            call(application, path, token)
            for path in ("/api/whoami/", "/api/reports/", "/", "/status/")
        ]
    statuses += [call(application, path, "x.y.z") for path in ("/api/whoami/", "/")]
    statuses += [call(application, "/api/whoami/")]
    return {"statuses": statuses}


def baseline() -> dict[str, object]:
    """Let DRF refuse somebody, with nothing else in the project."""
    import django
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.urls import path

    settings.configure(
        ROOT_URLCONF=[],
        ALLOWED_HOSTS=["127.0.0.1"],
        SECRET_KEY="k" * 50,
        REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
    )
    django.setup()
    from rest_framework.authentication import BaseAuthentication
    from rest_framework.permissions import IsAuthenticated
    from rest_framework.renderers import JSONRenderer
    from rest_framework.views import APIView

    class Nobody(BaseAuthentication):
        def authenticate(self, request: object) -> None:
            return None

        def authenticate_header(self, request: object) -> str:
            return "Bearer"

    class View(APIView):
        authentication_classes = (Nobody,)
        permission_classes = (IsAuthenticated,)
        renderer_classes = (JSONRenderer,)

    settings.ROOT_URLCONF = (path("", View.as_view()),)
    return {"statuses": [call(get_wsgi_application(), "/")]}


if __name__ == "__main__":
    sys.addaudithook(_note)
    found = service(int(sys.argv[2])) if sys.argv[1] == "service" else baseline()
    from django.apps import apps

    models = [model.__name__ for model in apps.get_models()]
    report = {**found, "modules": sorted(sys.modules), "models": models}
    json.dump({**report, "opened": _opened}, sys.stdout)
