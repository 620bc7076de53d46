"""``token/revoke/``: RFC 7009, line by line."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from jwtauth.models import RevocationReason, TokenFamily
from tests.faults import unreachable
from tests.jwtauth.browser import ACCESS, REFRESH, Browser
from tests.jwtauth.caller import PREFIX, Caller
from tests.jwtauth.conftest import age

PATH = PREFIX + "token/revoke/"


def revoke(token: str, hint: str = "", *, bearer: str = "") -> HttpResponse:
    """POST a form, as RFC 7009 §2.1 has it."""
    form = {"token": token} | ({"token_type_hint": hint} if hint else {})
    header = {"HTTP_AUTHORIZATION": f"Bearer {bearer}"} if bearer else {}
    return Client(raise_request_exception=False).post(PATH, form, **header)


def ended() -> list[str]:
    return [row.revoked_reason for row in TokenFamily.objects.exclude(revoked_at=None)]


class TestRevoke:
    @pytest.mark.requirement("RVK-02", "RVK-03")
    @pytest.mark.parametrize("kind", ["access", "refresh"])
    @pytest.mark.parametrize("hint", ["", "access_token", "refresh_token", "x"])
    def test_revoke_ends_the_login_at_once_whatever_the_hint(
        self, alice: User, caller: Caller, kind: str, hint: str
    ) -> None:
        """Both kinds end both kinds: they are of one login."""
        body = caller.used_login(alice)

        response = revoke(body[kind], hint)

        assert (response.status_code, response.content) == (200, b"")
        assert caller.me(body["access"]).status_code == 401
        assert caller.refresh(body["refresh"]).status_code == 401
        assert ended() == [RevocationReason.LOGOUT]

    @pytest.mark.requirement("RVK-01")
    def test_revoke_token_that_is_none_answers_the_same_bytes(
        self, alice: User, caller: Caller
    ) -> None:
        """Nothing is revealed about tokens that somebody tries."""
        body = caller.used_login(alice)
        other = caller.login(alice)
        answers = [
            revoke(token)
            for token in (
                "unknown",
                "a.b.c",
                "A" * 100,
                "\N{SNOWMAN}",
                "x" * 100_000,
                body["refresh"][:-1] + "_",
                body["access"][:-4] + "AAAA",
                body["access"],
                body["access"],
                other["refresh"],
            )
        ]

        assert {(a.status_code, a.content) for a in answers} == {(200, b"")}
        assert len({str(sorted(a.headers.items())) for a in answers}) == 1
        assert len(ended()) == 2

    @pytest.mark.requirement("RVK-01")
    def test_revoke_expired_access_token_ends_its_login(
        self, alice: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who comes back late and logs out means it."""
        body = caller.used_login(alice)
        monkeypatch.setattr("time.time", lambda: 1_900_000_000.0)

        assert revoke(body["access"]).status_code == 200

        assert ended() == [RevocationReason.LOGOUT]

    @pytest.mark.requirement("RVK-01")
    def test_revoke_stale_refresh_token_ends_its_login(
        self, alice: User, caller: Caller
    ) -> None:
        """It was ours, and that is reason enough."""
        first = caller.login(alice)["refresh"]
        caller.refreshed(caller.refreshed(first)["refresh"])
        age(timedelta(hours=1))

        assert revoke(first).status_code == 200

        assert ended() == [RevocationReason.LOGOUT]

    def test_revoke_json_is_read_too(self, alice: User, caller: Caller) -> None:
        """Every other endpoint takes it."""
        body = caller.used_login(alice)

        assert caller.post("token/revoke/", {"token": body["refresh"]}).content == b""

        assert ended() == [RevocationReason.LOGOUT]

    @pytest.mark.requirement("RVK-01")
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (b"", "application/x-www-form-urlencoded"),
            (b"token=", "application/x-www-form-urlencoded"),
            (b"refresh=x", "application/x-www-form-urlencoded"),
            (b"{}", "application/json"),
            (b'{"token": []}', "application/json"),
            (b"[1]", "application/json"),
            (b"{", "application/json"),
        ],
    )
    def test_revoke_without_a_token_is_400(self, content: bytes, kind: str) -> None:
        """RFC 7009 §2.2.1 takes its errors from RFC 6749 §5.2."""
        response = Client().post(PATH, content, content_type=kind)

        assert response.status_code == 400
        assert response.json() == {"error": "invalid_request"}

    def test_revoke_by_get_is_405(self) -> None:
        """A token in an address stays in logs and histories."""
        assert Client().get(PATH, {"token": "x"}).status_code == 405


@pytest.mark.requirement("RVK-04")
class TestCaller:
    @pytest.mark.parametrize("kind", ["access", "refresh"])
    def test_revoke_of_another_users_token_leaves_it_alone(
        self, alice: User, bob: User, caller: Caller, kind: str
    ) -> None:
        """RFC 7009 §2.1; the answer does not tell."""
        hers, his = caller.used_login(alice), caller.used_login(bob)

        response = revoke(hers[kind], bearer=his["access"])

        assert (response.status_code, response.content) == (200, b"")
        assert ended() == []
        assert caller.me(hers["access"]).status_code == 200

    @pytest.mark.parametrize("kind", ["access", "refresh"])
    def test_revoke_of_ones_own_token_of_another_login_ends_it(
        self, alice: User, caller: Caller, kind: str
    ) -> None:
        """The user is the same."""
        phone, laptop = caller.used_login(alice), caller.used_login(alice)

        revoke(phone[kind], bearer=laptop["access"])

        assert caller.me(phone["access"]).status_code == 401
        assert caller.me(laptop["access"]).status_code == 200

    def test_revoke_by_cookie_of_another_user_leaves_it_alone(
        self, alice: User, bob: User, caller: Caller
    ) -> None:
        """The cookie says who is calling as the header does."""
        hers = caller.login(alice)
        browser = Browser()
        browser.login(bob)

        browser.post(PATH, {"token": hers["refresh"]})

        assert ended() == []
        assert set(browser.credentials) == {ACCESS, REFRESH}

    @pytest.mark.parametrize("bearer", ["nonsense", "a.b.c"])
    def test_revoke_with_a_dead_token_in_the_header_is_as_without(
        self, alice: User, caller: Caller, bearer: str
    ) -> None:
        """Clients send the header with every call, also when it has expired."""
        body = caller.used_login(alice)

        revoke(body["refresh"], bearer=bearer)

        assert ended() == [RevocationReason.LOGOUT]

    def test_revoke_login_whose_row_is_gone_still_denies_its_access_token(
        self, alice: User, caller: Caller
    ) -> None:
        """A restored backup may know nothing of a login that goes on."""
        body = caller.used_login(alice)
        TokenFamily.objects.all().delete()

        revoke(body["refresh"], bearer=body["access"])

        assert caller.me(body["access"]).status_code == 401


class TestOutage:
    @pytest.mark.requirement("RVK-05")
    @pytest.mark.parametrize("kind", ["access", "refresh"])
    def test_revoke_while_redis_is_down_is_503_and_can_be_repeated(
        self,
        alice: User,
        caller: Caller,
        kind: str,
    ) -> None:
        """RFC 7009 §2.2.1: never reported as done when it was not."""
        body = caller.used_login(alice)

        with unreachable():
            response = revoke(body[kind], bearer=body["access"])

        assert response.status_code == 503
        assert response["Retry-After"] == "1"
        assert ended() == [RevocationReason.LOGOUT]
        assert revoke(body[kind]).status_code == 200
        assert caller.me(body["access"]).status_code == 401
