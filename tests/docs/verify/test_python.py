"""The recipe for Python without Django: PyJWT, and keys that are kept."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.docs.verify.issuer import Issuer
from tests.docs.verify.pages import block
from tests.docs.verify.python_recipe import HANG_SECONDS, Recipe, SlowFetch
from tests.docs.verify.recorder import BAD_ANSWERS, Recorder
from tests.interop.bad_tokens import FAULTS
from tests.jwtauth.caller import unverified_claims
from tests.jwtauth.core.raw_tokens import b64

MINUTE = 60
DAY = 24 * 60 * MINUTE
# Only the issuer could sign that.
LET_PASS = "a claim twice"


@pytest.fixture
def recipe(issuer: Issuer) -> Recipe:
    """The recipe, told where the keys are."""
    first_line = 'access_tokens.py, with pip install "pyjwt[crypto]>=2.14"'
    return Recipe(issuer.told_to(block(first_line)))


@pytest.fixture
def slow(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> SlowFetch:
    """An issuer that is as slow as the test wants."""
    return SlowFetch(recipe, monkeypatch)


@pytest.fixture
def fetches(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When the recipe has asked the issuer."""
    fetched: list[float] = []
    fetch = recipe.client.fetch_data

    def counted() -> Any:  # noqa: ANN401 # PyJWT's signature
        fetched.append(recipe.now)
        return fetch()

    monkeypatch.setattr(recipe.client, "fetch_data", counted)
    return fetched


class TestTokens:
    def test_good_token_gives_its_claims(self, recipe: Recipe, token: str) -> None:
        """The reader copies the file to get here."""
        assert recipe.verify(token) == unverified_claims(token)

    def test_bad_tokens_are_refused(self, recipe: Recipe, issuer: Issuer) -> None:
        """Each check that the page promises is there."""
        tokens = {
            name: issuer.forge(fault)
            for name, fault in FAULTS.items()
            if name != LET_PASS
        }

        assert {n for n, token in tokens.items() if not recipe.refuses(token)} == set()

    def test_page_says_what_passes(self, recipe: Recipe, issuer: Issuer) -> None:
        """It must not promise what PyJWT doesn't do."""
        assert recipe.verify(issuer.forge(FAULTS[LET_PASS]))["sub"]

    def test_clocks_may_differ_by_5_seconds(
        self, recipe: Recipe, issuer: Issuer
    ) -> None:
        """As between any two servers."""
        recipe.verify(issuer.sign())  # It takes its time to ask for keys.
        assert recipe.verify(issuer.sign(exp=int(time.time())))
        with pytest.raises(recipe.refused):
            recipe.verify(issuer.sign(exp=int(time.time()) - 6))

    def test_algorithm_that_is_not_on_the_list_is_refused(
        self, recipe: Recipe, issuer: Issuer
    ) -> None:
        """Whatever the issuer publishes, the service decides what it trusts."""
        with pytest.raises(recipe.refused):
            recipe.verify(issuer.sign_with_new_key("PS256"))

    def test_token_that_is_too_long_is_refused(
        self, recipe: Recipe, issuer: Issuer
    ) -> None:
        """Nobody has to read all that can be sent."""
        with pytest.raises(recipe.refused):
            recipe.verify(issuer.sign(extra="x" * 8192))

    def test_header_that_is_nonsense_is_refused(self, recipe: Recipe) -> None:
        """Anybody may send that; another exception would be a 500."""
        for authorization in (
            *("", "Bearer", "Bearer ", "Bearer a", "Bearer a.b.c", "Basic YTpi"),
            *("Bearer a.b.c d", "Bearer \ud800", "Bearer é.é.é", "Bearer a.b.c\n"),
            f"Bearer {'a' * 9000}",
        ):
            with pytest.raises(recipe.refused):
                recipe.verify_header(authorization)

    def test_header_of_a_token_that_is_nonsense_is_refused(
        self, recipe: Recipe
    ) -> None:
        """The same for what is inside."""
        for header in (
            *(b"[" * 6000, b"1" * 6000, b"null", b"{}"),
            b'{"alg":"ES256","typ":"at+jwt","kid":[]}',
            b'{"alg":[],"typ":{},"kid":"x"}',
        ):
            assert recipe.refuses(f"{b64(header)}.e30.YQ"), header


class TestOutage:
    def test_known_keys_count_for_a_day(self, recipe: Recipe, issuer: Issuer) -> None:
        """The issuer's outage is not the service's; a withdrawn key ends some time."""
        recipe.verify(token := issuer.sign())
        issuer.stop()

        recipe.now += DAY - 1
        recipe.verify(token)
        recipe.now += 1
        with pytest.raises(recipe.unavailable):
            recipe.verify(token)

    def test_issuer_that_is_back_is_asked_again(
        self, recipe: Recipe, issuer: Issuer
    ) -> None:
        """A process that is started meanwhile must not need a restart."""
        issuer.stop()
        with pytest.raises(recipe.unavailable):
            recipe.verify(token := issuer.sign())
        issuer.start_again()

        recipe.now += MINUTE
        assert recipe.verify(token)

    def test_answer_that_is_no_set_of_keys_gives_none(
        self, recipe: Recipe, issuer: Issuer, recorder: Recorder
    ) -> None:
        """Nothing but the keys themselves may let anybody in."""
        recipe.client.uri = f"http://127.0.0.1:{recorder.port}/"
        for answer in BAD_ANSWERS:
            recorder.status, recorder.headers, recorder.body = answer.at(
                issuer.jwks_uri
            )

            recipe.now += MINUTE
            with pytest.raises(recipe.unavailable):
                recipe.verify(issuer.sign())

        assert len(recorder.requests) == len(BAD_ANSWERS)

    def test_issuer_that_hangs_is_waited_for_no_longer_than_2_seconds(
        self, recipe: Recipe
    ) -> None:
        """By default it would be 30 s."""
        assert recipe.client.timeout == 2

    def test_slow_issuer_keeps_nobody_waiting_but_the_one_who_asks(
        self, recipe: Recipe, issuer: Issuer, slow: SlowFetch
    ) -> None:
        """The keys that are there are good enough for all others."""
        recipe.verify(token := issuer.sign())
        slow.begin()
        recipe.now += MINUTE

        with slow, ThreadPoolExecutor(2) as pool:
            first = pool.submit(recipe.verify, token)
            assert slow.asked.wait(HANG_SECONDS)
            assert pool.submit(recipe.verify, token).result(HANG_SECONDS)
            assert not first.done()
            slow.end()
            assert first.result(HANG_SECONDS)

    def test_first_requests_wait_for_the_first_keys(
        self, recipe: Recipe, issuer: Issuer, slow: SlowFetch
    ) -> None:
        """A service that has just been started is not down."""
        slow.begin()

        with slow, ThreadPoolExecutor(2) as pool:
            first = pool.submit(recipe.verify, token := issuer.sign())
            assert slow.asked.wait(HANG_SECONDS)
            second = pool.submit(recipe.verify, token)
            with pytest.raises(TimeoutError):
                second.result(0.1)
            slow.end()
            assert first.result(HANG_SECONDS) == second.result(HANG_SECONDS)


class TestAttempts:
    def test_issuer_is_asked_once_a_minute_whatever_comes(
        self, recipe: Recipe, issuer: Issuer, fetches: list[float]
    ) -> None:
        """Whoever makes up tokens must not have the issuer asked."""
        unknown = issuer.forge(FAULTS["unknown kid"])
        for seconds in (0, 1, 58, 1, 59):
            recipe.now += seconds
            with pytest.raises(recipe.refused):
                recipe.verify(unknown)

        assert fetches == [1000, 1060]

    def test_outage_has_the_issuer_asked_no_more_often(
        self, recipe: Recipe, issuer: Issuer, fetches: list[float]
    ) -> None:
        """Else every request would wait for it, and it would find them all at once."""
        issuer.stop()
        for seconds in (0, 59, 1):
            recipe.now += seconds
            with pytest.raises(recipe.unavailable):
                recipe.verify(issuer.sign())

        assert fetches == [1000, 1060]

    def test_retired_key_ends_with_the_next_look(
        self, recipe: Recipe, issuer: Issuer
    ) -> None:
        """That is what the page promises for an emergency."""
        recipe.verify(token := issuer.sign())
        issuer.retire_its_key()

        recipe.now += MINUTE
        with pytest.raises(recipe.refused):
            recipe.verify(token)
        assert recipe.verify(issuer.sign())
