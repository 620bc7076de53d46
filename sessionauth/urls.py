"""Include them where you like: ``path("auth/", include("sessionauth.urls"))``."""

from django.urls import path

from sessionauth.views import LoginPage, LogoutAllView, LogoutView, SessionView

app_name = "sessionauth"
urlpatterns = [
    path("login/", LoginPage.as_view(), name="login"),
    path("session/", SessionView.as_view(), name="session"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("logout/all/", LogoutAllView.as_view(), name="logout_all"),
]
