"""URL names follow the ecosystem, so that clients can move over."""

from django.urls import path

from jwtauth import views

app_name = "jwtauth"

urlpatterns = [
    path("token/", views.TokenObtainPairView.as_view(), name="token_obtain_pair"),
    path("token/refresh/", views.TokenRefreshView.as_view(), name="token_refresh"),
    path("token/verify/", views.TokenVerifyView.as_view(), name="token_verify"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("logout/all/", views.LogoutAllView.as_view(), name="logout_all"),
    path(".well-known/jwks.json", views.JWKSView.as_view(), name="jwks"),
]
