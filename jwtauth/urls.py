"""URL names follow the ecosystem, so that clients can move over."""

from django.urls import path

from jwtauth.views import (
    account_sessions,
    csrf,
    jwks,
    login,
    logout,
    reauth,
    reauth_page,
    revoke,
    sessions,
    token,
)

app_name = "jwtauth"

urlpatterns = [
    path("token/", token.TokenObtainPairView.as_view(), name="token_obtain_pair"),
    path("token/refresh/", token.TokenRefreshView.as_view(), name="token_refresh"),
    path("token/verify/", token.TokenVerifyView.as_view(), name="token_verify"),
    path(
        "token/blacklist/", logout.TokenBlacklistView.as_view(), name="token_blacklist"
    ),
    path("token/revoke/", revoke.TokenRevokeView.as_view(), name="token_revoke"),
    path("csrf/", csrf.CsrfView.as_view(), name="csrf"),
    path("login/", login.LoginPage.as_view(), name="login"),
    path("logout/", logout.LogoutView.as_view(), name="logout"),
    path("logout/all/", logout.LogoutAllView.as_view(), name="logout_all"),
    path("reauth/", reauth.ReauthView.as_view(), name="reauth"),
    path("account/reauth/", reauth_page.ReauthPage.as_view(), name="reauth_page"),
    path(
        "account/sessions/",
        account_sessions.AccountSessionsPage.as_view(),
        name="account_sessions",
    ),
    path("sessions/", sessions.SessionsView.as_view(), name="sessions"),
    path("sessions/<handle>/", sessions.SessionView.as_view(), name="session"),
    path(".well-known/jwks.json", jwks.JWKSView.as_view(), name="jwks"),
]
