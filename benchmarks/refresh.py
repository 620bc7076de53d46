"""What a whole refresh costs in process, against simplejwt's with rotation."""

from collections.abc import Iterator

from django.contrib.auth.models import User

from benchmarks import credentials
from benchmarks.comparison import Comparison
from benchmarks.in_process import InProcess


def measure() -> Iterator[Comparison]:
    """Yield one comparison: every token is used once, as by an honest client."""
    user = User.objects.create_user("refresh")
    worker = InProcess()
    ours = credentials.jwtauth_tokens(user).refresh_token
    theirs = credentials.simplejwt_refresh_token(user)
    yield Comparison(
        about="refresh",
        against="simplejwt rotate+blacklist",
        yardstick=worker.refresher("/simplejwt/refresh/", theirs),
        contenders={"jwtauth": worker.refresher("/jwt/token/refresh/", ours)},
        budgets={"jwtauth": 0.4},
    )
