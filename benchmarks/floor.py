"""The least that can do a job, every check left out that may be.

Not something to use. It says how much of a figure is the job and not the code.
"""

import hashlib
import json
import secrets
import time
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import jwt
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django_redis import get_redis_connection
from jwt import PyJWK
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.comparison import Call
from jwtauth.models import TokenFamily

_SELECT = (
    "SELECT f.secret_hash, f.idle_expires_at, u.is_active, now() "
    "FROM jwtauth_tokenfamily f JOIN auth_user u ON u.id = f.user_id WHERE f.id = %s"
)
_UPDATE = (
    "UPDATE jwtauth_tokenfamily SET generation = generation + 1, secret_hash = %s, "
    "rotated_at = now(), idle_expires_at = %s WHERE id = %s AND secret_hash = %s"
)
_SCRIPT = """
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('HGETALL', KEYS[1])
"""


def known_token(token: str) -> Call:
    """Return a call that looks a token up by its hash and compares one instant."""
    known = {hashlib.sha256(token.encode()).digest(): time.time() + 3600}

    def look_up() -> None:
        if known[hashlib.sha256(token.encode()).digest()] < time.time():
            raise RuntimeError("A token that was just made has expired.")

    return look_up


def session(key: str) -> Call:
    """Return a call that reads a hash of Redis and puts off its end, and no more."""
    client = get_redis_connection("default")
    script = client.script_load(_SCRIPT)
    return lambda: client.evalsha(script, 1, key, 1_800_000)


def refresh_token(user: User) -> str:
    """Return the first token of a login that ``Refresh`` knows."""
    login, secret, now = uuid.uuid4(), secrets.token_bytes(32), datetime.now(UTC)
    TokenFamily.objects.create(
        pk=login,
        user=user,
        secret_hash=hashlib.sha256(secret).digest(),
        **dict.fromkeys(("nonce", "key_hint", "context", "binding"), b""),
        **dict.fromkeys(("created_at", "rotated_at", "access_until"), now),
        **dict.fromkeys(
            ("idle_expires_at", "absolute_expires_at"), now + timedelta(days=7)
        ),
    )
    return _text(login, secret)


class Refresh(APIView):
    """Replace a token in the row of its login and sign an access token."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (JSONRenderer,)
    key = PyJWK(settings.JWTAUTH["KEYS"][0])

    def post(self, request: Request) -> Response:
        """Answer with the next pair."""
        token = urlsafe_b64decode(json.loads(request._request.body)["refresh"])
        login, secret = uuid.UUID(bytes=token[:16]), token[16:]
        successor, now = secrets.token_bytes(32), datetime.now(UTC)
        was = hashlib.sha256(secret).digest()
        will_be = hashlib.sha256(successor).digest()
        with connection.cursor() as cursor:
            cursor.execute(_SELECT, [login])
            if bytes(cursor.fetchone()[0]) != was:
                raise RuntimeError("A token that was just made is not the one stored.")
            cursor.execute(_UPDATE, [will_be, now + timedelta(days=7), login, was])
        claims = {"sub": "1", "exp": int(now.timestamp()) + 900}
        access = jwt.encode(claims, self.key, algorithm=self.key.algorithm_name)
        return Response({"access": access, "refresh": _text(login, successor)})


def _text(login: uuid.UUID, secret: bytes) -> str:
    return urlsafe_b64encode(login.bytes + secret).decode()
