"""Key and KeyRing: which key signs and verifies when, and which don't go together."""

from dataclasses import FrozenInstanceError, replace

import pytest

from jwtauth.core.keys import ALGORITHMS, Key, KeyRing, KeyUse
from jwtauth.exceptions import KeyRefused
from tests.jwtauth.core.key_box import EVERY_ALG, key_of

REFRESH = key_of("HS256", KeyUse.REFRESH)


def codes(*keys: Key, now: float = 0) -> list[str]:
    return [problem.code for problem in KeyRing(keys).problems(now)]


class TestAlgorithms:
    @pytest.mark.requirement("KEY-01")
    def test_list_of_algorithms_is_the_published_one(self) -> None:
        """It is the allow-list of the whole package: no addition goes unseen."""
        assert tuple(ALGORITHMS) == EVERY_ALG
        assert [alg for alg in ALGORITHMS if ALGORITHMS[alg].is_symmetric] == ["HS256"]


class TestKey:
    def test_key_can_not_be_changed(self) -> None:
        """Threads share it, and its name belongs to its material."""
        with pytest.raises(FrozenInstanceError):
            REFRESH.alg = "none"  # type: ignore[misc]

    @pytest.mark.parametrize(("now", "expected"), [(99, False), (100, True)])
    def test_key_has_started_from_its_instant_on(
        self, now: float, *, expected: bool
    ) -> None:
        """All processes switch at the same instant, that one included."""
        assert key_of("ES256", signs_from=100).has_started(now) is expected

    @pytest.mark.parametrize(("now", "expected"), [(99.9, True), (100, False)])
    def test_key_is_alive_until_its_instant(
        self, now: float, *, expected: bool
    ) -> None:
        """A retired key stops to verify, to the instant."""
        assert key_of("ES256", verifies_until=100).is_alive(now) is expected


class TestSigningKey:
    @pytest.mark.requirement("KEY-09")
    @pytest.mark.parametrize(
        ("now", "alg"), [(0, "ES256"), (99, "ES256"), (100, "Ed25519")]
    )
    def test_newest_key_that_has_started_signs(self, now: float, alg: str) -> None:
        """Rotation is driven by time: no restart, the same key everywhere."""
        ring = KeyRing([key_of("Ed25519", signs_from=100), key_of("ES256")])

        assert ring.signing_key(now).alg == alg

    def test_key_that_no_longer_verifies_does_not_sign(self) -> None:
        """Its tokens would be refused as soon as they are issued."""
        ring = KeyRing(
            [key_of("ES256"), key_of("Ed25519", signs_from=100, verifies_until=200)]
        )

        assert ring.signing_key(200).alg == "ES256"

    def test_ring_without_a_started_key_refuses_to_sign(self) -> None:
        """To sign with a key before its time would defeat its publication."""
        ring = KeyRing([key_of("ES256", signs_from=100), REFRESH])

        with pytest.raises(KeyRefused) as caught:
            ring.signing_key(99)

        assert caught.value.code == "no_sig_key"

    def test_refresh_key_never_signs_and_signing_key_never_tags(self) -> None:
        """No key serves two purposes (RFC 8725 §3.1)."""
        signing = key_of("HS256")
        ring = KeyRing([signing, REFRESH])

        assert ring.signing_key(0) is signing
        assert ring.refresh_key(0) is REFRESH

    def test_ring_without_refresh_key_refuses_to_tag(self) -> None:
        """There is no fall-back to a signing key."""
        with pytest.raises(KeyRefused) as caught:
            KeyRing([key_of("HS256")]).refresh_key(0)

        assert caught.value.code == "no_refresh_key"


class TestVerificationKey:
    @pytest.mark.requirement("KEY-09")
    def test_key_verifies_before_it_signs(self) -> None:
        """Another process's clock may run ahead and sign with it already."""
        key = key_of("ES256", signs_from=100)

        assert KeyRing([key]).verification_key(key.kid, 0) is key

    @pytest.mark.requirement("KEY-09")
    def test_retired_key_does_not_verify(self) -> None:
        """Retirement is what rotation is for."""
        key = key_of("ES256", verifies_until=100)
        ring = KeyRing([key])

        assert ring.verification_key(key.kid, 99) is key
        assert ring.verification_key(key.kid, 100) is None

    @pytest.mark.requirement("KEY-10")
    def test_unknown_kid_finds_nothing_and_leaves_nothing(self) -> None:
        """Names come from strangers: they must not fill memory."""
        ring = KeyRing([key_of("ES256"), REFRESH])

        found = [ring.verification_key(f"kid-{number}", 0) for number in range(10_000)]

        assert set(found) == {None}
        assert len(ring._verifying) == 1

    def test_refresh_key_does_not_verify(self) -> None:
        """A tag of a refresh token must never pass for a signature."""
        assert KeyRing([REFRESH]).verification_key(REFRESH.kid, 0) is None


class TestLiving:
    def test_living_keys_of_one_use_come_oldest_first(self) -> None:
        """The order is the order of time, wherever the files stood."""
        first, last = key_of("ES256"), key_of("Ed25519", signs_from=100)
        dead = key_of("EdDSA", verifies_until=10)

        living = KeyRing([last, dead, REFRESH, first]).living(KeyUse.SIG, 10)

        assert living == [first, last]


class TestProblems:
    @pytest.mark.parametrize("alg", EVERY_ALG)
    def test_one_signing_and_one_refresh_key_are_no_problem(self, alg: str) -> None:
        """This is what ``jwtauth_keys init`` makes."""
        assert codes(key_of(alg), REFRESH) == []

    def test_two_asymmetric_algorithms_are_no_problem(self) -> None:
        """Moving from RS256 to Ed25519 is a rotation like any other."""
        assert codes(key_of("RS256"), key_of("Ed25519", signs_from=9), REFRESH) == []

    @pytest.mark.requirement("KEY-05")
    @pytest.mark.parametrize("alg", EVERY_ALG[:-1])
    def test_hs256_beside_an_asymmetric_key_is_a_problem(self, alg: str) -> None:
        """ASVS 9.1.2: confusion of the two needs both."""
        assert codes(key_of("HS256"), key_of(alg), REFRESH) == ["mixed_symmetry"]

    def test_hs256_key_that_has_ended_is_no_problem(self) -> None:
        """What was retired neither signs nor verifies."""
        ended = key_of("HS256", verifies_until=100)
        ring = KeyRing([ended, key_of("ES256"), key_of("HS256", KeyUse.REFRESH)])

        assert list(ring.problems(100)) == []

    def test_kid_that_occurs_twice_is_one_problem(self) -> None:
        """Two dates for one key: which of them would hold?"""
        twice = [key_of("ES256"), key_of("ES256", signs_from=100)]

        assert codes(*twice, REFRESH) == ["duplicate_kid"]

    def test_same_key_under_ed25519_and_eddsa_is_a_problem(self) -> None:
        """A key has one algorithm, also where two names mean the same."""
        key = key_of("Ed25519")
        copy = replace(key, alg="EdDSA")

        assert codes(key, copy, REFRESH) == ["duplicate_kid"]

    def test_missing_keys_are_one_problem_each(self) -> None:
        """Both must be there before the first login."""
        assert codes() == ["no_sig_key", "no_refresh_key"]

    def test_keys_that_have_not_started_are_a_problem(self) -> None:
        """The first login would fail, not the start."""
        assert codes(key_of("ES256", signs_from=1), REFRESH) == ["no_sig_key"]

    def test_keys_that_have_ended_are_a_problem(self) -> None:
        """The same at the other end."""
        dead = key_of("HS256", KeyUse.REFRESH, verifies_until=10)

        assert codes(key_of("ES256"), dead, now=10) == ["no_refresh_key"]
