"""A better hash of the same password: what is bound to it, and what is not."""

import copy

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from jwtauth.flows.rebind import rebind
from jwtauth.models import TokenFamily
from jwtauth.stores import active_families, key_source
from jwtauth.stores.conflicts import RowChanged
from tests.jwtauth.caller import PASSWORD, Caller

NOW = 1_800_000_000.0


def upgraded(user: User) -> User:
    """The user with another hash on record, as a login saves it."""
    after = copy.copy(user)
    after.password = make_password(PASSWORD)
    User.objects.update(password=after.password)
    return after


class TestRebind:
    def test_rebind_login_goes_on(self, alice: User, caller: Caller) -> None:
        """The same password, so the same login."""
        token = caller.login(alice)["refresh"]

        rebind(alice, upgraded(alice), now=NOW)

        assert caller.refresh(token).status_code == 200

    def test_rebind_overtaken_by_a_new_password_binds_nothing(
        self, alice: User, caller: Caller
    ) -> None:
        """The hash on record is of another password by then."""
        token = caller.login(alice)["refresh"]
        after = upgraded(alice)
        User.objects.update(password=make_password("another"))

        rebind(alice, after, now=NOW)
        User.objects.update(password=after.password)

        assert caller.refresh(token).status_code == 401

    def test_rebind_login_bound_to_another_password_stays_so(
        self, alice: User, caller: Caller
    ) -> None:
        """What a change has ended, an upgrade must not revive."""
        token = caller.login(alice)["refresh"]
        alice.password = make_password("another")

        rebind(alice, upgraded(alice), now=NOW)

        assert caller.refresh(token).status_code == 401

    def test_rebind_key_retired_is_passed_over(
        self, alice: User, caller: Caller
    ) -> None:
        """Its tokens don't count any more; the other logins go on."""
        token = caller.login(alice)["refresh"]
        TokenFamily.objects.update(key_hint=b"??")
        other = caller.login(alice)["refresh"]

        rebind(alice, upgraded(alice), now=NOW)

        assert caller.refresh(token).status_code == 401
        assert caller.refresh(other).status_code == 200

    def test_rebind_family_refreshed_meanwhile_is_to_be_tried_again(
        self, alice: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its binding may be of another key by then."""
        caller.login(alice)
        rows = list(active_families.active(alice.pk))
        monkeypatch.setattr(active_families, "active", lambda _: rows)
        TokenFamily.objects.update(binding=b"of a refresh")
        keys = key_source.refresh_keys(NOW)

        with pytest.raises(RowChanged):
            active_families.rebind(alice, upgraded(alice), keys, now=NOW)
