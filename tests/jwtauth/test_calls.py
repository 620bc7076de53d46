"""The calls for applications: ``jwtauth.login()`` and ``jwtauth.revoke_all()``."""

import time

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory

import jwtauth
from jwtauth.flows.authenticate import verify
from tests.jwtauth.caller import Caller


class TestPublicCalls:
    def test_revoke_all_keep_spares_one_login(
        self, alice: User, caller: Caller
    ) -> None:
        """A password change ends every OTHER login."""
        kept, ended = caller.login(alice), caller.used_login(alice)
        sid = verify(kept["access"], now=time.time()).sid

        assert jwtauth.revoke_all(alice, "revoked", keep=sid) == 1

        assert caller.me(kept["access"]).status_code == 200
        assert caller.me(ended["access"]).status_code == 401

    @pytest.mark.requirement("RVK-09")
    def test_revoke_all_ends_what_came_before_it_in_the_same_second(
        self, alice: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """``iat`` has whole seconds: a login is ended by its name, not by its age."""
        frozen = time.time()
        monkeypatch.setattr(time, "time", lambda: frozen)
        before = caller.used_login(alice)

        jwtauth.revoke_all(alice, "revoked")

        after = caller.login(alice)
        assert caller.me(before["access"]).status_code == 401
        assert caller.refresh(before["refresh"]).status_code == 401
        assert caller.me(after["access"]).status_code == 200
        assert caller.refresh(after["refresh"]).status_code == 200

    def test_revoke_all_unknown_reason_is_refused(self, alice: User) -> None:
        """Reasons are shown and filtered by: there is a list of them."""
        with pytest.raises(ValueError, match="whim"):
            jwtauth.revoke_all(alice, "whim")

    def test_login_call_gives_tokens_for_a_user_proved_elsewhere(
        self, alice: User, caller: Caller, rf: RequestFactory
    ) -> None:
        """Single sign-on, passkeys: whoever proved the user."""
        tokens = jwtauth.login(rf.post("/"), alice)

        assert caller.me(tokens.access_token).status_code == 200
        assert caller.refresh(tokens.refresh_token).status_code == 200
        assert "ey" not in repr(tokens)
