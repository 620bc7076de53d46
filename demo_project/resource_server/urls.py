"""The second service's URLs: a page, an API, and who it is."""

from django.urls import include, path

from demo_project.resource_server.page import HomeView
from demo_project.resource_server.views import ReportsView, StatusView, WhoAmIView

_api = [
    path("whoami/", WhoAmIView.as_view(), name="whoami"),
    path("reports/", ReportsView.as_view(), name="reports"),
]

urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("api/", include((_api, "api"))),
    path("status/", StatusView.as_view(), name="status"),
]
