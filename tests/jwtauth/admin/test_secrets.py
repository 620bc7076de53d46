"""No page of the admin shows a secret, in any spelling."""

from base64 import b64encode, urlsafe_b64encode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jwtauth.models import TokenFamily
from tests import signing_keys
from tests.jwtauth.admin.conftest import MANY, one
from tests.jwtauth.caller import Caller

SECRET_COLUMNS = ("secret_hash", "nonce", "context", "binding", "key_hint")


def spellings(secret: bytes) -> set[str]:
    """How bytes end up in a page: hex, both base64, and ``repr`` with its escapes."""
    texts = {
        secret.hex(),
        secret.hex().upper(),
        b64encode(secret).decode().rstrip("="),
        urlsafe_b64encode(secret).decode().rstrip("="),
        repr(secret)[2:-1],
        repr(secret)[2:-1].replace("'", "&#x27;").replace('"', "&quot;"),
    }
    # The hint of a key is two bytes: four hex digits may stand in any page by chance.
    return {text for text in texts if len(text) > 6}


@pytest.mark.requirement("KEY-13", "LOG-03")
def test_admin_pages_show_no_token_digest_or_key(
    admin: Client, alice: User, caller: Caller
) -> None:
    """The admin's pages end up in screenshots, tickets and browser caches."""
    body = caller.login(alice)
    tokens = {*body.values(), *caller.refreshed(body["refresh"]).values()}
    family = TokenFamily.objects.get()
    stored = [bytes(getattr(family, name)) for name in SECRET_COLUMNS]
    secrets = {str(token) for token in tokens if len(str(token)) > 50}
    secrets |= {text for secret in stored for text in spellings(secret)}
    secrets |= {
        str(jwk[part]) for jwk in signing_keys.load() for part in "dk" if part in jwk
    }

    for act in ("end", "end_all", "deactivate_user"):
        admin.post(one(family, act))
    pages = [
        admin.get(address, follow=True).content.decode()
        for address in (
            MANY,
            f"{MANY}?q={family.sid}",
            one(family),
            one(family, "history"),
            f"/admin/auth/user/{alice.pk}/change/",
            f"/admin/auth/user/{alice.pk}/history/",
            "/admin/",
        )
    ]

    assert len(secrets) > 4 * len(SECRET_COLUMNS)
    assert family.sid in pages[2]
    for secret in secrets:
        assert not [page for page in pages if secret in page], secret
