"""What access tokens say of a user, from login to refresh; and what nothing widens."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.test import override_settings

from jwtauth.core import codec
from jwtauth.core.jwk import generate_jwk
from jwtauth.core.keys import CONTENT_ENCRYPTION, KeyUse
from jwtauth.flows.tokens import next_access_token
from jwtauth.models import TokenFamily
from jwtauth.scopes import group_scopes
from jwtauth.stores import families
from tests import signing_keys
from tests.jwtauth.browser import ACCESS, Browser
from tests.jwtauth.caller import PASSWORD, Caller, unverified_claims

Change = Callable[..., None]


def granting(scope: str) -> Callable[[User, TokenFamily], Mapping[str, Any]]:
    """A function of the project that grants ``scope``."""
    return lambda _user, _family: {"scope": scope}


def size_of_access_cookie(response: HttpResponse) -> int:
    """The bytes of its name and its value (RFC 6265bis §5.6)."""
    return len(ACCESS) + len(response.cookies[ACCESS].value)


class Project:
    """A function of the project whose answer can be changed."""

    def __init__(self, **claims: object) -> None:
        self.claims: object = claims
        self.asked: list[tuple[User, TokenFamily]] = []

    def __call__(self, user: User, family: TokenFamily) -> Any:  # noqa: ANN401
        self.asked.append((user, family))
        return self.claims


class TestClaims:
    @pytest.mark.requirement("JWT-16")
    def test_claims_of_the_project_are_in_the_token_and_reach_the_view(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """What was listed and returned, and no more."""
        jwtauth_settings(
            CLAIMS=Project(plan="gold", limits={"day": [1, 2]}),
            CLAIM_NAMES=("plan", "limits", "unused"),
        )
        claims = unverified_claims(caller.login(alice)["access"])

        assert claims["plan"] == "gold"
        assert claims["limits"] == {"day": [1, 2]}
        assert "unused" not in claims and "scope" not in claims

    def test_claims_are_asked_for_again_at_every_refresh(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """A token says what is so when it is issued."""
        project = Project(plan="free")
        jwtauth_settings(CLAIMS=project, CLAIM_NAMES=("plan",))
        first = caller.login(alice)
        project.claims = {"plan": "gold"}

        second = caller.refreshed(first["refresh"])

        assert unverified_claims(second["access"])["plan"] == "gold"
        user, family = project.asked[-1]
        assert (user, family.sid) == (alice, unverified_claims(first["access"])["sid"])

    def test_claims_at_login_know_the_login(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """The function may tell logins apart, the first time as later."""
        project = Project()
        jwtauth_settings(CLAIMS=project)
        caller.login(alice)

        user, family = project.asked[0]
        assert user == alice
        assert family.device == "Owner/1.0"
        assert family.sid == TokenFamily.objects.get().sid

    @pytest.mark.parametrize("returned", [{"sub": "2"}, {"plan": object()}, None])
    @pytest.mark.requirement("JWT-16")
    def test_claims_at_fault_leave_no_login_behind(
        self, alice: User, caller: Caller, jwtauth_settings: Change, returned: object
    ) -> None:
        """A 500, and nothing on record whose tokens nobody has."""
        project = Project()
        project.claims = returned
        jwtauth_settings(CLAIMS=project, CLAIM_NAMES=("plan",))
        body = {"username": "alice", "password": PASSWORD}

        assert caller.post("token/", body).status_code == 500
        assert not TokenFamily.objects.exists()

    def test_claims_at_fault_do_not_use_up_the_refresh_token(
        self, alice: User, caller: Caller, thief: Caller, jwtauth_settings: Change
    ) -> None:
        """Once the function is mended the same token works, from anywhere."""
        project = Project()
        jwtauth_settings(CLAIMS=project, REFRESH_RETRY_WINDOW=timedelta(0))
        first = caller.login(alice)["refresh"]
        before = TokenFamily.objects.values().get()
        project.claims = {"exp": 10**10}

        assert caller.refresh(first).status_code == 500
        assert TokenFamily.objects.values().get() == before
        project.claims = {}
        assert thief.refresh(first).status_code == 200

    def test_claims_that_raise_do_not_use_up_the_refresh_token(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """Whatever goes wrong in it."""
        first = caller.login(alice)["refresh"]
        before = TokenFamily.objects.values().get()
        jwtauth_settings(CLAIMS="tests.nowhere.to_be_found")

        assert caller.refresh(first).status_code == 500
        assert TokenFamily.objects.values().get() == before

    def test_claims_are_not_asked_for_where_the_refresh_is_refused(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """Of a user who is gone there is nothing to say."""
        project = Project()
        jwtauth_settings(CLAIMS=project)
        first = caller.login(alice)["refresh"]
        User.objects.update(is_active=False)
        project.asked.clear()

        assert caller.refresh(first).status_code == 401
        assert project.asked == []


@pytest.fixture
def encrypting(jwtauth_settings: Change) -> Change:
    """Encrypt access tokens from now on; returns what changes settings further."""
    keys = [*signing_keys.load(), generate_jwk(CONTENT_ENCRYPTION, KeyUse.ENC)]

    def change(**changes: object) -> None:
        jwtauth_settings(KEYS=keys, ENCRYPTION=True, **changes)

    change()
    return change


OWN, REPORTS, BILLING = "https://api.test", "https://reports.test", "https://b.test"


@pytest.fixture
def status_at(
    caller: Caller, jwtauth_settings: Change
) -> Callable[[str, dict[str, Any]], int]:
    """Present an access token to the service that has an identifier."""

    def status_at(service: str, tokens: dict[str, Any]) -> int:
        jwtauth_settings(AUDIENCE=service, OTHER_AUDIENCES=())
        return caller.me(tokens["access"]).status_code

    return status_at


@pytest.mark.requirement("ATJ-09")
class TestAudiences:
    def test_token_of_one_service_is_refused_by_another(
        self,
        alice: User,
        caller: Caller,
        status_at: Callable[[str, dict[str, Any]], int],
    ) -> None:
        """Else whoever runs one service is the user at all the others."""
        tokens = caller.login(alice)

        assert unverified_claims(tokens["access"])["aud"] == OWN
        assert [status_at(name, tokens) for name in (OWN, REPORTS)] == [200, 401]

    def test_token_counts_at_the_services_that_it_names_and_nowhere_else(
        self,
        alice: User,
        caller: Caller,
        jwtauth_settings: Change,
        status_at: Callable[[str, dict[str, Any]], int],
    ) -> None:
        """Whichever way it was come by: each kind is minted by the same rule."""
        jwtauth_settings(OTHER_AUDIENCES=(REPORTS, "https://other.test"))
        login = caller.login(alice)
        refresh = caller.refreshed(login["refresh"])
        step_up = caller.post(
            "reauth/", {"password": PASSWORD}, bearer=refresh["access"]
        ).json()

        named = [OWN, REPORTS, "https://other.test"]
        for tokens in (login, refresh, step_up):
            assert unverified_claims(tokens["access"])["aud"] == named
        later = caller.refreshed(step_up["refresh"])
        assert unverified_claims(later["access"])["aud"] == named
        assert [status_at(name, later) for name in named] == [200, 200, 200]
        for name in (BILLING, f"{REPORTS}/", REPORTS.upper(), "https://"):
            assert status_at(name, later) == 401

    def test_token_of_a_cookie_names_them_too(
        self, alice: User, jwtauth_settings: Change
    ) -> None:
        """A gateway may hand it on to another service."""
        jwtauth_settings(OTHER_AUDIENCES=[REPORTS])
        browser = Browser()
        browser.login(alice)

        assert browser.me().status_code == 200
        assert unverified_claims(browser.cookie(ACCESS))["aud"] == [OWN, REPORTS]

    @pytest.mark.requirement("CKE-06")
    def test_names_that_do_not_fit_into_the_cookie_are_a_fault(
        self, alice: User, jwtauth_settings: Change
    ) -> None:
        """They count like every other claim: browsers would drop the cookie."""
        jwtauth_settings(
            OTHER_AUDIENCES=[f"{REPORTS}/{number}" for number in range(90)]
        )
        assert Browser().try_login(alice).status_code == 200
        jwtauth_settings(
            OTHER_AUDIENCES=[f"{REPORTS}/{number}" for number in range(130)]
        )

        assert Browser().try_login(alice).status_code == 500
        assert TokenFamily.objects.count() == 1


class TestEncryption:
    @pytest.mark.requirement("JWT-04")
    def test_login_refresh_and_logout_work_with_encrypted_tokens(
        self, alice: User, caller: Caller, encrypting: Change
    ) -> None:
        """Nothing but the text of the access token is another one."""
        first = caller.login(alice)
        second = caller.refreshed(first["refresh"])

        assert second["access"].count(".") == 4
        assert [caller.me(second["access"]).status_code for _ in range(2)] == [200, 200]
        assert caller.post("logout/", bearer=second["access"]).status_code == 204
        assert caller.me(second["access"]).status_code == 401

    def test_encrypted_token_rides_in_a_cookie_and_brings_its_claims(
        self, alice: User, encrypting: Change
    ) -> None:
        """The browser is one of those who are not to read them."""
        encrypting(CLAIMS=granting("read"))
        browser = Browser()
        login = browser.login(alice)

        assert login.json()["scope"] == "read"
        assert browser.cookie(ACCESS).count(".") == 4
        assert browser.me().status_code == 200

    @pytest.mark.requirement("JWT-04")
    def test_switch_to_encryption_ends_access_tokens_and_no_login(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """Clients refresh, as they do every quarter of an hour."""
        keys = [*signing_keys.load(), generate_jwk(CONTENT_ENCRYPTION, KeyUse.ENC)]
        jwtauth_settings(KEYS=keys)
        plain = caller.login(alice)
        jwtauth_settings(KEYS=keys, ENCRYPTION=True)

        assert caller.me(plain["access"]).status_code == 401
        second = caller.refreshed(plain["refresh"])
        assert caller.me(second["access"]).status_code == 200
        jwtauth_settings(KEYS=keys, ENCRYPTION=False)
        assert caller.me(second["access"]).status_code == 401

    def test_encrypted_token_is_decrypted_once_for_each_process(
        self,
        alice: User,
        caller: Caller,
        encrypting: Change,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """What was proven stays proven; decryption costs as much as a signature."""
        access = caller.login(alice)["access"]
        assert caller.me(access).status_code == 200
        monkeypatch.setattr("jwtauth.core.encryption.decrypt", None)

        assert caller.me(access).status_code == 200

    @pytest.mark.requirement("CKE-06")
    def test_size_is_that_of_the_encrypted_token(
        self, alice: User, encrypting: Change
    ) -> None:
        """Four characters for three, once more: what fitted may not fit any more."""
        encrypting(CLAIMS=Project(text="x" * 2300), CLAIM_NAMES=("text",))

        assert Browser().try_login(alice).status_code == 500


class TestSize:
    @pytest.mark.requirement("CKE-06")
    def test_access_token_fits_into_its_cookie_to_the_byte(
        self, alice: User, jwtauth_settings: Change
    ) -> None:
        """Browsers drop a larger cookie without a word: the login seems to do nothing.

        Three bytes make four characters, so it may end one or two short of the limit.
        """
        project = Project(text="")
        jwtauth_settings(CLAIMS=project, CLAIM_NAMES=("text",))
        room = 4096 - size_of_access_cookie(Browser().login(alice))
        sizes = []
        for length in range(room * 3 // 4 - 3, room * 3 // 4 + 4):
            project.claims = {"text": "x" * length}
            response = Browser().try_login(alice)
            if response.status_code == 200:
                sizes.append(size_of_access_cookie(response))

        assert 4096 - 3 <= max(sizes) <= 4096
        assert response.status_code == 500
        assert TokenFamily.objects.count() == 1 + len(sizes)

    @pytest.mark.requirement("CKE-06", "JWT-07")
    def test_access_token_nobody_would_read_is_not_issued(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """A limit of ours that hits our own token is a fault of the project."""
        jwtauth_settings(
            CLAIMS=Project(text="x" * 5000),
            CLAIM_NAMES=("text",),
            DELIVERY={"bearer"},
        )
        access = caller.login(alice)["access"]
        assert caller.me(access).status_code == 200

        jwtauth_settings(
            CLAIMS=Project(text="x" * 5000),
            CLAIM_NAMES=("text",),
            DELIVERY={"bearer"},
            MAX_TOKEN_LENGTH=len(access) - 1,
        )
        body = {"username": "alice", "password": PASSWORD}
        assert caller.post("token/", body).status_code == 500


class TestScope:
    @pytest.mark.requirement("ATJ-06")
    def test_scope_of_the_project_is_granted_and_told(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """RFC 6749 §5.1: the answer says what was granted."""
        jwtauth_settings(CLAIMS=granting("read write"))
        body = caller.login(alice)

        assert (
            body["scope"] == unverified_claims(body["access"])["scope"] == "read write"
        )
        assert caller.refreshed(body["refresh"])["scope"] == "read write"

    def test_scope_is_told_with_cookies_too(
        self, alice: User, jwtauth_settings: Change
    ) -> None:
        """A script can't read the cookie, and shows buttons by it."""
        jwtauth_settings(CLAIMS=granting("read write"))

        assert Browser().login(alice).json()["scope"] == "read write"

    @pytest.mark.requirement("ATJ-06")
    def test_scope_taken_from_the_user_is_gone_at_the_next_refresh(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """The grant is the most that a token says, never the least."""
        jwtauth_settings(CLAIMS=granting("read write"))
        first = caller.login(alice)
        jwtauth_settings(CLAIMS=granting("write"))
        second = caller.refreshed(first["refresh"])
        jwtauth_settings(CLAIMS=None)
        third = caller.refreshed(second["refresh"])

        assert (
            second["scope"] == unverified_claims(second["access"])["scope"] == "write"
        )
        assert third["scope"] == ""
        assert "scope" not in unverified_claims(third["access"])

    @pytest.mark.requirement("ATJ-06", "RTK-20")
    def test_scope_given_to_the_user_later_takes_a_new_login(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """RFC 6749 §6: a refresh never widens what the login was granted."""
        jwtauth_settings(CLAIMS=granting("read"))
        first = caller.login(alice)
        jwtauth_settings(CLAIMS=granting("admin read"))

        assert caller.refreshed(first["refresh"])["scope"] == "read"
        assert caller.login(alice)["scope"] == "admin read"

    @pytest.mark.requirement("RTK-20")
    def test_scope_narrowed_at_a_refresh_comes_back_at_the_next(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """RFC 6749 §6: the new refresh token has the scope of the old one."""
        jwtauth_settings(CLAIMS=granting("read write"))
        first = caller.login(alice)["refresh"]

        body = {"refresh": first, "scope": "read"}
        narrow = caller.post("token/refresh/", body).json()
        wide = caller.refreshed(narrow["refresh"])

        assert narrow["scope"] == unverified_claims(narrow["access"])["scope"] == "read"
        assert wide["scope"] == "read write"

    @pytest.mark.requirement("RTK-20")
    def test_scope_narrowed_at_the_login_stays_so(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """What the login was not granted, no refresh of it gets."""
        jwtauth_settings(CLAIMS=granting("read write"))
        body = {"username": "alice", "password": PASSWORD, "scope": "read"}
        first = caller.post("token/", body).json()
        wide = {"refresh": first["refresh"], "scope": "read write"}

        assert first["scope"] == "read"
        assert caller.post("token/refresh/", wide).status_code == 400
        assert caller.refreshed(first["refresh"])["scope"] == "read"

    @pytest.mark.requirement("BRR-05", "RTK-20")
    @pytest.mark.parametrize("scope", ["admin", "read admin", "read  read", "\u00e4"])
    def test_scope_beyond_the_grant_is_400_and_costs_nothing(
        self, alice: User, caller: Caller, jwtauth_settings: Change, scope: str
    ) -> None:
        """RFC 6749 §5.2: ``invalid_scope``; the refresh token still counts."""
        jwtauth_settings(CLAIMS=granting("read write"))
        first = caller.login(alice)["refresh"]
        login = {"username": "alice", "password": PASSWORD, "scope": scope}

        answers = [
            caller.post("token/refresh/", {"refresh": first, "scope": scope}),
            caller.post("token/", login),
        ]

        for answer in answers:
            assert answer.status_code == 400
            assert answer.json()["code"] == "invalid_scope"
        assert TokenFamily.objects.get().generation == 0
        assert caller.refresh(first).status_code == 200

    @pytest.mark.requirement("BRR-05")
    def test_scope_is_judged_after_the_refresh_token(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """Who has no valid token learns nothing of scopes, and reuse is reuse."""
        jwtauth_settings(CLAIMS=granting("read"), REFRESH_RETRY_WINDOW=timedelta(0))
        first = caller.login(alice)["refresh"]
        caller.refreshed(caller.refreshed(first)["refresh"])

        answer = caller.post("token/refresh/", {"refresh": first, "scope": "admin"})

        assert answer.status_code == 401
        assert TokenFamily.objects.get().revoked_reason == "reuse"

    @pytest.mark.requirement("RTK-20")
    @pytest.mark.parametrize("column", ["scope", "client_id"])
    def test_row_whose_grant_was_changed_buys_nothing(
        self, alice: User, caller: Caller, jwtauth_settings: Change, column: str
    ) -> None:
        """Who can write the table, but has no key, can't widen a login."""
        jwtauth_settings(CLAIMS=granting("admin read"))
        body = {"username": "alice", "password": PASSWORD, "scope": "read"}
        first = caller.post("token/", body).json()
        TokenFamily.objects.update(**{column: "admin read"})

        assert caller.refresh(first["refresh"]).status_code == 401
        assert TokenFamily.objects.get().revoked_at is not None


class DemotingBackend(ModelBackend):
    """An administrator takes a right away while the password is being checked."""

    def authenticate(
        self, request: HttpRequest | None, **credentials: str
    ) -> AbstractBaseUser | None:
        user = super().authenticate(request, **credentials)
        for row in User.objects.all():
            row.is_staff = False
            row.save()
        return user


class TestLoginRace:
    @pytest.mark.requirement("RVK-10")
    def test_right_lost_during_the_login_is_not_in_the_token(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """The end of every login comes too early for this one."""
        User.objects.update(is_staff=True)
        jwtauth_settings(
            CLAIMS=lambda user, _family: {"staff": user.is_staff},
            CLAIM_NAMES=("staff",),
        )
        backend = f"{__name__}.{DemotingBackend.__name__}"

        with override_settings(AUTHENTICATION_BACKENDS=[backend]):
            tokens = caller.login(alice)

        assert unverified_claims(tokens["access"])["staff"] is False


class TestGroupScopes:
    @pytest.mark.requirement("ATJ-06")
    def test_groups_are_the_scope(
        self, alice: User, caller: Caller, jwtauth_settings: Change
    ) -> None:
        """A team that keeps its rights in groups needs no code."""
        jwtauth_settings(CLAIMS="jwtauth.scopes.group_scopes")
        for name in ("staff", "Content editors", "others"):
            group = Group.objects.create(name=name)
            if name != "others":
                alice.groups.add(group)

        first = caller.login(alice)
        alice.groups.get(name="staff").delete()
        second = caller.refreshed(first["refresh"])

        assert first["scope"] == "Content%20editors staff"
        assert second["scope"] == "Content%20editors"

    def test_no_groups_are_no_scope(self, alice: User) -> None:
        """Nothing is granted by default."""
        assert group_scopes(alice, TokenFamily()) == {"scope": ""}


class TestSameLogin:
    @pytest.mark.requirement("ATJ-05")
    def test_auth_time_is_that_of_the_login_at_every_refresh(
        self, alice: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A refresh proves that a client is alive, not that its user is there."""
        started = int(time.time())
        tokens = caller.login(alice)
        logged_in = int(time.time())
        auth_times = [unverified_claims(tokens["access"])["auth_time"]]
        for hours in (1, 2, 3):
            later = time.time() + 3600
            monkeypatch.setattr("time.time", lambda now=later: now)
            tokens = caller.refreshed(tokens["refresh"])
            claims = unverified_claims(tokens["access"])
            auth_times.append(claims["auth_time"])
            assert claims["iat"] >= started + 3600 * hours

        assert len(set(auth_times)) == 1
        assert started <= auth_times[0] <= logged_in

    @pytest.mark.requirement("ATJ-04")
    def test_jti_of_a_hundred_thousand_tokens_are_as_many(
        self, alice: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A token that shares its name would be denied for another."""
        caller.login(alice)
        found, now = families.find(TokenFamily.objects.get().pk.bytes), time.time()
        drawn = set[str]()
        # Signatures would take ten times as long, and name nothing.
        monkeypatch.setattr(
            codec, "issue", lambda claims, **_: drawn.add(claims.jti) or "a token"
        )

        for _ in range(10**5):
            next_access_token(found, scope=None, now=now)

        assert len(drawn) == 10**5

    @pytest.mark.requirement("ATJ-10")
    def test_client_named_as_a_user_is_nobody_else(
        self, alice: User, caller: Caller, jwtauth_settings: Change, bob: User
    ) -> None:
        """RFC 9700 §4.15: who is acting is ``sub`` alone."""
        jwtauth_settings(CLIENT_ID=str(alice.pk))
        access = caller.login(bob)["access"]

        claims = unverified_claims(access)
        assert (claims["sub"], claims["client_id"]) == (str(bob.pk), str(alice.pk))
        assert caller.me(access).json()["id"] == bob.pk
