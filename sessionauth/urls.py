"""Include them where you like: ``path("auth/", include("sessionauth.urls"))``."""

from django.urls import path

from sessionauth.views import (
    account_sessions,
    login,
    logout,
    reauth,
    reauth_page,
    session,
    sessions,
)

app_name = "sessionauth"
urlpatterns = [
    path("login/", login.LoginPage.as_view(), name="login"),
    path("session/", session.CurrentSessionView.as_view(), name="current_session"),
    path("sessions/", sessions.SessionsView.as_view(), name="sessions"),
    path("sessions/<handle>/", sessions.SessionView.as_view(), name="session"),
    path("logout/", logout.LogoutView.as_view(), name="logout"),
    path("reauth/", reauth.ReauthView.as_view(), name="reauth"),
    path("logout/all/", logout.LogoutAllView.as_view(), name="logout_all"),
    path("account/reauth/", reauth_page.ReauthPage.as_view(), name="reauth_page"),
    path(
        "account/sessions/",
        account_sessions.AccountSessionsPage.as_view(),
        name="account_sessions",
    ),
]
