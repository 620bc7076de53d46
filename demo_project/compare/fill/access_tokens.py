"""Access tokens for logins that were filled in, as a refresh would make them.

Made when they are needed and not while the store is filled, since they expire.
"""

import json
import sys
import time
from collections.abc import Sequence

import django


def access_tokens_for(refresh_tokens: Sequence[str], *, now: float) -> list[str]:
    """Return an access token for the login of each refresh token, which stays good."""
    # Models can be imported only after setup().
    from jwtauth.flows.tokens import next_access_token  # noqa: PLC0415
    from jwtauth.stores import families, key_source  # noqa: PLC0415

    keys, access_tokens = key_source.refresh_keys(now), []
    for text in refresh_tokens:
        found = families.find(keys.parse(text, now).sid)
        if found is None:
            raise RuntimeError("A login that was filled in is not there.")
        access_tokens.append(next_access_token(found, scope=None, now=now).text)
    return access_tokens


def main() -> None:
    """Read refresh tokens, print access tokens: JSON lists both."""
    django.setup()
    tokens = access_tokens_for(json.load(sys.stdin), now=time.time())
    json.dump(tokens, sys.stdout)


if __name__ == "__main__":
    main()
