"""What a whole GET costs in process, against the same view with nobody asked."""

from collections.abc import Iterator, Mapping

from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings

from benchmarks import credentials, peer_credentials
from benchmarks.comparison import Call, Comparison
from benchmarks.django_sessions import PEER, django_session_headers, worker_with
from benchmarks.in_process import InProcess


def measure() -> Iterator[Comparison]:
    """Yield ours with Redis, peers beside them; then the one without Redis."""
    user = User.objects.create_user("request")
    worker = InProcess()
    jwtauth = worker.getter("/jwt/", credentials.jwtauth_headers(user))
    simplejwt = peer_credentials.simplejwt_headers(user)
    with override_settings(JWTAUTH={**settings.JWTAUTH, "REVOCATION": "refresh_only"}):
        yield _against_public(worker, {"jwtauth refresh_only": jwtauth})
    yield _against_public(
        worker,
        {
            "jwtauth denylist": jwtauth,
            "sessionauth": worker.getter(
                "/session/", credentials.session_headers(user)
            ),
            "simplejwt stateless": worker.getter("/simplejwt/stateless/", simplejwt),
            "simplejwt": worker.getter("/simplejwt/", simplejwt),
            "knox": worker.getter("/knox/", peer_credentials.knox_headers(user)),
            f"session on {PEER}": worker_with(PEER).getter(
                "/session/django/", django_session_headers(user)
            ),
        },
    )


def _against_public(worker: InProcess, contenders: Mapping[str, Call]) -> Comparison:
    return Comparison(
        id="get",
        about="GET",
        against="the same view, public",
        yardstick=worker.getter("/public/", {}),
        contenders=contenders,
    )
