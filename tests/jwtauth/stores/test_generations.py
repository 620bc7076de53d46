"""What each conditional write of a generation is conditional on."""

import secrets
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from jwtauth.conf import get_settings
from jwtauth.core.refresh_token import RefreshToken
from jwtauth.models import TokenFamily
from jwtauth.stores import families, generations, key_source, revocations
from jwtauth.stores.conflicts import RowChanged
from jwtauth.stores.families import FoundFamily
from jwtauth.stores.generations import Generation
from tests.jwtauth.caller import Caller

NOW = 1_800_000_000.0
WRITES = pytest.mark.parametrize("write", [generations.rotate, generations.displace])


@pytest.fixture
def found(alice: User, caller: Caller) -> FoundFamily:
    """A family, as a refresh has just read it."""
    caller.login(alice)
    found = families.find(TokenFamily.objects.get().pk.bytes)
    assert found is not None
    return found


def next_generation(found: FoundFamily) -> Generation:
    token = RefreshToken(
        sid=found.row.pk.bytes, generation=1, secret=secrets.token_bytes(32)
    )
    key = key_source.refresh_keys(NOW).current(NOW)
    return Generation(token=token, nonce=b"n" * 32, key=key, context=b"")


class TestConditionalWrite:
    @WRITES
    def test_write_row_unchanged_succeeds_once(
        self, found: FoundFamily, write: Callable[..., None]
    ) -> None:
        """The second writer read what is no longer there."""
        stale = families.find(found.row.pk.bytes)

        write(found, next_generation(found), policy=get_settings().policy)

        with pytest.raises(RowChanged):
            write(stale, next_generation(found), policy=get_settings().policy)

    @WRITES
    def test_write_family_revoked_meanwhile_is_refused(
        self, found: FoundFamily, write: Callable[..., None]
    ) -> None:
        """A refresh in flight must not hand out what a logout has ended."""
        revocations.revoke(found.row.pk.bytes, reason="logout")

        with pytest.raises(RowChanged):
            write(found, next_generation(found), policy=get_settings().policy)

        assert TokenFamily.objects.get().generation == 0

    @WRITES
    def test_write_family_bound_anew_meanwhile_is_refused(
        self, found: FoundFamily, write: Callable[..., None]
    ) -> None:
        """A refresh in flight must not bring back the binding to a replaced hash."""
        TokenFamily.objects.update(binding=b"to another hash")

        with pytest.raises(RowChanged):
            write(found, next_generation(found), policy=get_settings().policy)
