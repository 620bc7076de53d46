"""The issuer of the page: its settings and URLs in this process, its keys over HTTP."""

import json
import threading
import time
from io import StringIO
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.servers.basehttp import WSGIRequestHandler, WSGIServer
from django.core.signals import setting_changed
from django.test import Client

from jwtauth.conf import get_settings
from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.keys import Key, KeyUse
from jwtauth.stores import key_source
from tests.docs.verify.pages import JWKS
from tests.interop.bad_tokens import Fault, good_claims
from tests.jwtauth.caller import PASSWORD
from tests.jwtauth.core.raw_tokens import header_of, signed


class QuietHandler(WSGIRequestHandler):
    """Logs no requests."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # its name
        """Say nothing."""


class Issuer:
    """Logs users in, and publishes its keys on a port of this machine."""

    def __init__(self, name: str, audience: str) -> None:
        """Publish the keys; ``name`` and ``audience`` are what its tokens say."""
        self._name, self._audience = name, audience
        self._client = Client()
        # Who asks for keys waits two seconds, and the first answer has a lot to load.
        self.get("/.well-known/jwks.json")
        self._open(0)

    @property
    def jwks_uri(self) -> str:
        """Where the keys are."""
        return f"http://127.0.0.1:{self._port}/.well-known/jwks.json"

    def told_to(self, code: str) -> str:
        """Return a recipe with the address of the keys that is good here."""
        assert JWKS in code
        return code.replace(JWKS, self.jwks_uri)

    def get(self, path: str) -> Any:  # noqa: ANN401 # JSON
        """Return a document."""
        return self._client.get(path).json()

    def seconds_in_caches(self) -> int:
        """Return how long an HTTP cache may keep the keys."""
        said = self._client.get("/.well-known/jwks.json")["Cache-Control"]
        return int(said.rpartition("max-age=")[2])

    def access_token(self, user: User) -> str:
        """Log a user in."""
        body = {"username": user.username, "password": PASSWORD}
        answer = self._client.post("/auth/token/", body, "application/json")
        assert answer.status_code == 200, answer.content
        return str(answer.json()["access"])

    def log_out(self, access_token: str) -> None:
        """End the login of a token."""
        header = {"Authorization": f"Bearer {access_token}"}
        assert self._client.post("/auth/logout/", headers=header).status_code == 204

    def sign(self, **changes: object) -> str:
        """Make a token for the service without a login; None takes a claim away."""
        said = {**self._claims(), **changes}
        payload = {name: value for name, value in said.items() if value is not None}
        return signed(payload, header_of(self._key), self._key)

    def sign_with_new_key(self, alg: str) -> str:
        """Publish one more key, of an algorithm; make a good token with it."""
        jwk = generate_jwk(alg, KeyUse.SIG)
        file = Path(get_settings().keys) / f"{jwk['kid']}.json"
        file.write_text(json.dumps(jwk))
        self._read_keys_again()
        key = parse_key(jwk)
        return signed(self._claims(), header_of(key), key)

    def forge(self, fault: Fault) -> str:
        """Make a token that is good but for one fault."""
        return fault.forge(self._claims(), self._key)

    def retire_its_key(self) -> None:
        """Withdraw the key that signs for another; this process knows at once."""
        call_command(
            "jwtauth_keys", "retire", self._key.kid, "--replace", stdout=StringIO()
        )
        self._read_keys_again()

    def stop(self) -> None:
        """Be down; nobody listens at the port any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def start_again(self) -> None:
        """Be there again, at the same address."""
        self._open(self._port)

    def _read_keys_again(self) -> None:
        setting_changed.send(type(self), setting="JWTAUTH", value=None, enter=True)

    def _claims(self) -> dict[str, Any]:
        audience = [f"{self._name}/api", self._audience]
        named = {"iss": self._name, "aud": audience, "scope": "reports:read"}
        return {**good_claims(), **named}

    @property
    def _key(self) -> Key:
        now = time.time()
        return key_source.key_ring(now).signing_key(now)

    def _open(self, port: int) -> None:
        # Without threads: it ends each connection, so none outlives an outage.
        self._server = WSGIServer(("127.0.0.1", port), QuietHandler)
        self._server.set_app(WSGIHandler())
        self._port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02])
        self._thread.start()
