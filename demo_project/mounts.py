"""Where everything stands in the URL space, given the chosen scheme.

Each scheme stands under its own prefix, always, and the chosen one a second time
under the short one. The prefix decides how a request is authenticated: each view of
the API is told at its mount, and ``demo_project.middleware`` does it for the pages.
"""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.utils.module_loading import import_string

from demo_project.compare.page.running import COMPARISON, STOPWATCH
from demo_project.compare.page.views import CompareView, StartView, StopView
from demo_project.schemes import SCHEMES, Scheme
from demo_project.views import HomeView, MeView, NotesView, PublicView

Mounts = list[URLPattern | URLResolver]


def mounts(chosen: Scheme) -> Mounts:
    """Return the demo's URL patterns with ``chosen`` under ``/auth/`` and ``/api/``."""
    return [
        path("", HomeView.as_view(scheme=chosen), name="home"),
        path("admin/", admin.site.urls),
        path("auth/", include(chosen.auth_urls)),
        path("api/", include((_api(chosen), "api"))),
        path("compare/", include(_compare())),
        *_own_prefixes(),
        path("", include("jwtauth.well_known")),
    ]


def _compare() -> Mounts:
    return [
        path("", CompareView.as_view(), name="compare"),
        path("run/", StartView.as_view(job=COMPARISON), name="compare_run"),
        path("stopwatch/", StartView.as_view(job=STOPWATCH), name="compare_stopwatch"),
        path("stop/", StopView.as_view(), name="compare_stop"),
    ]


def _own_prefixes() -> Mounts:
    patterns: Mounts = []
    for name, scheme in SCHEMES.items():
        patterns += [
            path(f"{name}/auth/", include(scheme.auth_urls, namespace=name)),
            path(
                f"{name}/api/", include((_api(scheme), "api"), namespace=f"{name}-api")
            ),
        ]
    return patterns


def _api(scheme: Scheme) -> Mounts:
    authenticated = {"authentication_classes": (import_string(scheme.authentication),)}
    return [
        path("public/", PublicView.as_view(scheme=scheme.name), name="public"),
        path("me/", MeView.as_view(scheme=scheme.name, **authenticated), name="me"),
        path("notes/", NotesView.as_view(**authenticated), name="notes"),
    ]
