"""What a whole refresh costs in process, against simplejwt's with rotation."""

from collections.abc import Iterator

from django.contrib.auth.models import User

from benchmarks import credentials, floor, peer_credentials
from benchmarks.comparison import Comparison
from benchmarks.in_process import InProcess


def measure() -> Iterator[Comparison]:
    """Yield one comparison: every token is used once, as by an honest client.

    The floor is the least that does it: a token looked up, replaced, and a signature.
    """
    user = User.objects.create_user("refresh")
    worker = InProcess()
    ours = credentials.jwtauth_tokens(user).refresh_token
    theirs = peer_credentials.simplejwt_refresh_token(user)
    yield Comparison(
        id="refresh",
        about="refresh",
        against="simplejwt rotate+blacklist",
        yardstick=worker.refresher("/simplejwt/refresh/", theirs),
        contenders={
            "jwtauth": worker.refresher("/jwt/token/refresh/", ours),
            "floor": worker.refresher("/floor/refresh/", floor.refresh_token(user)),
        },
    )
