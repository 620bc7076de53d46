"""A project with the apps that its arguments name, and no other: what a user writes.

Run by ``test_installation.py``: address of a Redis server, then the apps.
"""

import importlib
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.urls import URLResolver, include, path

REDIS_URL, APPS = sys.argv[1], sys.argv[2:]
OTHERS = {"jwtauth", "sessionauth", "demo_project"} - set(APPS)
BODY = {"username": "alice", "password": "pw"}
MIDDLEWARE = {
    "sessionauth": ["sessionauth.middleware.SessionMiddleware"],
    "jwtauth": [],
}
OWN_SETTINGS = {
    "sessionauth": {
        "SESSION_ENGINE": "sessionauth.engine",
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
    },
    "jwtauth": {
        "JWTAUTH": {
            "ISSUER": "https://issuer.test",
            "AUDIENCE": "https://api.test",
            "KEYS": "tests.signing_keys.load",
            "DELIVERY": {"bearer"},
        },
    },
}
urlpatterns: list[URLResolver] = []


def configure() -> None:
    own = {k: v for app in APPS for k, v in OWN_SETTINGS[app].items()}
    settings.configure(
        SECRET_KEY="k" * 50,
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["testserver"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "rest_framework",
            *APPS,
        ],
        MIDDLEWARE=[
            *(name for app in APPS for name in MIDDLEWARE[app]),
            "django.middleware.csrf.CsrfViewMiddleware",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": ":memory:",
                "OPTIONS": {"transaction_mode": "IMMEDIATE"},
            }
        },
        CACHES={
            "default": {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": REDIS_URL,
            }
        },
        **own,
    )
    django.setup()


def log_in(app: str) -> dict[str, str]:
    """Log in by the one app; return the header that proves it."""
    from django.test import Client  # noqa: PLC0415 # not before the settings

    client = Client()
    if app == "jwtauth":
        answer = client.post("/jwtauth/token/", BODY, content_type="application/json")
        return {"HTTP_AUTHORIZATION": f"Bearer {answer.json()['access']}"}
    client.post("/sessionauth/session/", BODY, content_type="application/json")
    cookie = client.cookies["__Host-sessionid"].value
    return {"HTTP_COOKIE": f"__Host-sessionid={cookie}"}


def use(app: str) -> None:
    """Log in, and be known to the app's own way to authenticate."""
    from django.test import RequestFactory  # noqa: PLC0415 # not before the settings
    from rest_framework.views import APIView  # noqa: PLC0415

    names = {"jwtauth": "JWTAuthentication", "sessionauth": "SessionAuthentication"}
    module = importlib.import_module(f"{app}.authentication")
    request = RequestFactory().get("/", **log_in(app))
    if app == "sessionauth":
        middleware = importlib.import_module("sessionauth.middleware")
        middleware.SessionMiddleware(lambda _: None).process_request(request)
    view = APIView(authentication_classes=[getattr(module, names[app])])
    assert view.initialize_request(request).user.get_username() == "alice", app


def main() -> None:
    configure()
    urlpatterns.extend(path(f"{app}/", include(f"{app}.urls")) for app in APPS)
    call_command("check", fail_level="WARNING")
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import User  # noqa: PLC0415 # not before the settings

    User.objects.create_user("alice", password="pw")
    for app in APPS:
        use(app)
        call_command("migrate", app, "zero", verbosity=0)
        call_command("migrate", app, verbosity=0)
        use(app)
    assert not OTHERS & {name.partition(".")[0] for name in sys.modules}
    print("used", *APPS)  # noqa: T201 # for the test


if __name__ == "__main__":
    main()
