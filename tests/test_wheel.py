"""The wheel as a stranger gets it: built, installed into an empty venv, used."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from demo_project.embedded_valkey import EmbeddedValkey

CHECKOUT = Path(__file__).parent.parent
UV = Path(sys.executable).with_name("uv")

pytestmark = pytest.mark.slow

# One settings module, no checkout: both apps, each used once over HTTP.
PROGRAM = """
import sys
import django
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path

def keys():
    return KEYS

settings.configure(
    SECRET_KEY="k" * 50, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes",
                    "rest_framework", "jwtauth", "sessionauth"],
    MIDDLEWARE=["sessionauth.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True}],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db",
                           "OPTIONS": {"transaction_mode": "IMMEDIATE"}}},
    CACHES={"default": {"BACKEND": "django_redis.cache.RedisCache",
                        "LOCATION": sys.argv[1]}},
    SESSION_ENGINE="sessionauth.engine", SESSION_COOKIE_NAME="__Host-sessionid",
    SESSION_COOKIE_SECURE=True, SESSION_EXPIRE_AT_BROWSER_CLOSE=True,
    JWTAUTH={"ISSUER": "i", "AUDIENCE": "a", "KEYS": keys, "DELIVERY": {"bearer"}},
)
django.setup()
from jwtauth.core.jwk import generate_jwk
from jwtauth.core.keys import KeyUse
KEYS = [generate_jwk("ES256", KeyUse.SIG), generate_jwk("HS256", KeyUse.REFRESH)]
urlpatterns = [path("jwt/", include("jwtauth.urls")),
               path("session/", include("sessionauth.urls"))]

call_command("migrate", verbosity=0)
call_command("check")
from django.contrib.auth.models import User
from django.test import Client
import jwtauth, sessionauth
User.objects.create_user("alice", password="pw")
body = {"username": "alice", "password": "pw"}
client = Client(raise_request_exception=True)
tokens = client.post("/jwt/token/", body, content_type="application/json").json()
again = client.post("/jwt/token/refresh/", {"refresh": tokens["refresh"]},
                    content_type="application/json")
assert again.status_code == 200, again.content
login = client.post("/session/session/", body, content_type="application/json")
assert login.status_code == 200, login.content
assert "__Host-sessionid" in login.cookies
page = client.get("/session/login/")
assert page.status_code == 200 and b"<form" in page.content
print(jwtauth.__file__, sessionauth.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    out = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--quiet", "--wheel", "--out-dir", out, CHECKOUT)
    (built,) = out.glob("*.whl")
    return built


def run(*command: str | Path, cwd: Path | None = None) -> str:
    result = subprocess.run(  # noqa: S603 # our own programs
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_wheel_holds_the_two_apps_and_what_they_need_alone(wheel: Path) -> None:
    """No tests, no demo; but templates, Lua scripts and type information."""
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        "jwtauth",
        "sessionauth",
    }
    for app in ("jwtauth", "sessionauth"):
        assert f"{app}/py.typed" in names
        assert f"{app}/migrations/0001_initial.py" in names
        assert f"{app}/templates/{app}/login.html" in names
        assert f"{app}/locale/de/LC_MESSAGES/django.mo" in names
    assert any(name.endswith(".lua") for name in names)
    form = "jwtauth/templates/admin/jwtauth/tokenfamily/change_form.html"
    assert form in names
    assert not any(name.endswith((".pyc", ".pem", ".sqlite3")) for name in names)


def test_wheel_installed_elsewhere_serves_both_apps(
    wheel: Path, tmp_path: Path, valkey: EmbeddedValkey
) -> None:
    """What works in the checkout must not work because of the checkout."""
    python = tmp_path / "venv/bin/python"
    run(UV, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
    constraints = CHECKOUT / "constraints.txt"
    run(UV, "pip", "install", "--quiet", "--python", python, "-c", constraints, wheel)
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")

    output = run(python, "-I", "program.py", valkey.url, cwd=tmp_path)

    assert str(CHECKOUT) not in output
    assert "site-packages" in output
