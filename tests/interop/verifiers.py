"""Who verifies access tokens: jwtauth, joserfc in Python, jose in Node; all alike."""

import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter, in_choices

from demo_project.http_caller import HttpCaller
from jwtauth.core.codec import peek_unverified_header
from jwtauth.exceptions import TokenRefused
from jwtauth.flows.authenticate import authenticate
from tests.harness.jose import Jose
from tests.interop.node_process import NodeProcess
from tests.jwtauth.core.raw_tokens import POLICY

REQUIRED = ("iss", "aud", "sub", "client_id", "iat", "exp", "jti")
"""What no access token lacks (RFC 9068 §2.2)."""

LEEWAY_SECONDS = 5


class Refused(Exception):
    """A service refuses a token; the text is its own word for why."""


@dataclass(frozen=True, kw_only=True)
class Proven:
    """What a service takes from a token that it accepts."""

    header: dict[str, Any]
    claims: dict[str, Any]


class Service(Protocol):
    """Who verifies."""

    def verify(self, token: str) -> Proven:
        """Return what an access token proves.

        Raises:
            Refused: it proves nothing.
        """


class Ourselves:
    """jwtauth, which needs no address."""

    def verify(self, token: str) -> Proven:
        """Ask ``authenticate``."""
        try:
            claims = authenticate(token, now=time.time())
        except TokenRefused as error:
            raise Refused(error.code) from error
        header = peek_unverified_header(token, policy=POLICY)
        return Proven(header=header, claims=claims.to_payload())


class _Registry(JWSRegistry):
    # The default of 512 has no room for an RSA key, and would refuse it for its size.
    max_header_length = 4096


class JoserfcService:
    """A service in Python.

    joserfc compares ``typ`` and asks for a ``kid`` only where a service says so.
    """

    def __init__(self, jwks_uri: str, algorithms: Sequence[str]) -> None:
        """Fetch nothing yet."""
        self._jwks_uri = urlsplit(jwks_uri)
        self._keys: KeySet | None = None
        is_access_token = in_choices(["at+jwt", "application/at+jwt"])
        self._registry = _Registry(
            {
                "typ": HeaderParameter("Type", is_access_token, required=True),
                "kid": HeaderParameter("Key ID", "str", required=True),
            },
            algorithms=algorithms,
        )
        options: dict[str, Any] = {name: {"essential": True} for name in REQUIRED}
        options["iss"]["value"] = POLICY.issuer
        options["aud"]["value"] = POLICY.audience
        self._claims = jwt.JWTClaimsRegistry(leeway=LEEWAY_SECONDS, **options)

    def verify(self, token: str) -> Proven:
        """Ask joserfc; an unknown ``kid`` is a reason to fetch the keys anew."""
        try:
            proven = self._decode(token)
            self._claims.validate(proven.claims)
        except JoseError as error:
            claim = error.claim if isinstance(error, ClaimError) else ""
            raise Refused(f"{error.error} {claim}".strip()) from error
        return Proven(header=proven.header, claims=proven.claims)

    def _decode(self, token: str) -> jwt.Token:
        if self._keys is not None:
            try:
                return jwt.decode(token, self._keys, registry=self._registry)
            except InvalidKeyIdError:
                pass
        self._keys = KeySet.import_key_set(self._fetch())
        return jwt.decode(token, self._keys, registry=self._registry)

    def _fetch(self) -> Any:  # noqa: ANN401 # JSON
        assert self._jwks_uri.port is not None
        with HttpCaller(self._jwks_uri.port, device="joserfc") as caller:
            answer = caller.send("GET", self._jwks_uri.path)
        assert answer.status == 200, answer
        return json.loads(answer.content)


_numbers = itertools.count()


def verifying_node(jose: Jose) -> NodeProcess:
    """Start a Node that answers for any number of services."""
    program = Path(__file__).with_name("verify.mjs")
    return NodeProcess(jose.node, str(program), str(jose.directory))


class JoseService:
    """A service on Node."""

    def __init__(
        self, process: NodeProcess, jwks_uri: str, algorithms: Sequence[str]
    ) -> None:
        """Fetch nothing yet."""
        self._process = process
        self._question = {
            "service": f"service {next(_numbers)}",
            "jwks_uri": jwks_uri,
            "options": {
                "algorithms": algorithms,
                "issuer": POLICY.issuer,
                "audience": POLICY.audience,
                "typ": "at+jwt",
                "requiredClaims": REQUIRED,
                "clockTolerance": LEEWAY_SECONDS,
            },
        }

    def verify(self, token: str) -> Proven:
        """Ask jose, which fetches the keys itself."""
        answer = self._process.ask(token=token, **self._question)
        if "code" in answer:
            raise Refused(f"{answer['code']} {answer.get('claim') or ''}".strip())
        return Proven(**answer)
