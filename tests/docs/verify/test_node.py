"""The recipe for Node: jose, and keys that are kept."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.docs.verify.issuer import Issuer
from tests.docs.verify.pages import JWKS, block
from tests.docs.verify.recorder import BAD_ANSWERS, Recorder
from tests.harness.jose import Jose, require_jose
from tests.interop.bad_tokens import FAULTS
from tests.interop.node_process import NodeProcess
from tests.jwtauth.caller import unverified_claims
from tests.jwtauth.core.raw_tokens import b64

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
# What only the issuer could sign, and another spelling of what it signed.
LET_PASS = {"stray bits", "issued in the future", "a claim twice"}


class Recipe(NodeProcess):
    """The file of the page in a Node of its own, with a clock that can be moved."""

    def __init__(self, jose: Jose, code: str, directory: Path) -> None:
        """Put the file beside jose and start Node; nothing is fetched yet."""
        (directory / "node_modules").symlink_to(jose.directory / "node_modules")
        (file := directory / "access-tokens.mjs").write_text(code)
        driver = Path(__file__).with_name("drive.mjs")
        super().__init__(jose.node, str(driver), str(file))

    def verify(self, token: str) -> dict[str, Any]:
        """Call the file's function as its user would."""
        return self.ask(verify=f"Bearer {token}")


RecipeAt: TypeAlias = Callable[[str], Recipe]


@pytest.fixture
def recipe_at(tmp_path: Path) -> Iterator[RecipeAt]:
    """Start the recipe, told where the keys are: ``recipe_at(address)``."""
    jose = require_jose()
    first_line = "access-tokens.mjs, with npm install jose (6, on Node 20 or newer)"
    code = block(first_line)
    assert JWKS in code
    with ExitStack() as stack:
        yield lambda address: stack.enter_context(
            Recipe(jose, code.replace(JWKS, address), tmp_path)
        )


@pytest.fixture
def recipe(recipe_at: RecipeAt, issuer: Issuer) -> Recipe:
    """The recipe, told where the issuer's keys are."""
    return recipe_at(issuer.jwks_uri)


class TestTokens:
    def test_good_token_gives_its_claims(self, recipe: Recipe, token: str) -> None:
        """The reader copies the file to get here."""
        assert recipe.verify(token) == {"claims": unverified_claims(token)}

    def test_bad_tokens_are_refused(self, recipe: Recipe, issuer: Issuer) -> None:
        """Each check that the page promises is there."""
        tokens = {
            name: issuer.forge(fault)
            for name, fault in FAULTS.items()
            if name not in LET_PASS
        }

        answers = {name: recipe.verify(token) for name, token in tokens.items()}

        assert {n: a for n, a in answers.items() if "refused" not in a} == {}

    def test_page_says_what_passes(self, recipe: Recipe, issuer: Issuer) -> None:
        """It must not promise what jose doesn't do."""
        for name in LET_PASS:
            assert "claims" in recipe.verify(issuer.forge(FAULTS[name])), name

    def test_clocks_may_differ_by_5_seconds(
        self, recipe: Recipe, issuer: Issuer
    ) -> None:
        """As between any two servers."""
        recipe.verify(issuer.sign())  # It takes its time to start and to ask for keys.
        assert "claims" in recipe.verify(issuer.sign(exp=int(time.time())))
        assert "refused" in recipe.verify(issuer.sign(exp=int(time.time()) - 6))

    def test_algorithm_that_is_not_on_the_list_is_refused(
        self, recipe: Recipe, issuer: Issuer
    ) -> None:
        """Whatever the issuer publishes, the service decides what it trusts."""
        token = issuer.sign_with_new_key("PS256")

        assert recipe.verify(token) == {"refused": "ERR_JOSE_ALG_NOT_ALLOWED"}

    def test_token_that_is_too_long_is_refused(
        self, recipe: Recipe, issuer: Issuer
    ) -> None:
        """Nobody has to read all that can be sent."""
        assert "refused" in recipe.verify(issuer.sign(extra="x" * 8192))

    def test_header_that_is_nonsense_is_refused(self, recipe: Recipe) -> None:
        """Anybody may send that; another error would be a 500."""
        for header in (
            *(None, "", "Bearer", "Bearer ", "Bearer a", "Basic YTpi"),
            *("Bearer a.b.c d", "Bearer é.é.é", "Bearer a.b.c\n"),
            f"Bearer {'a' * 9000}",
        ):
            assert "refused" in recipe.ask(verify=header), header

    def test_header_of_a_token_that_is_nonsense_is_refused(
        self, recipe: Recipe
    ) -> None:
        """The same for what is inside."""
        for header in (
            *(b"[" * 6000, b"1" * 6000, b"null", b"{}"),
            b'{"alg":"ES256","typ":"at+jwt","kid":[]}',
            b'{"alg":[],"typ":{},"kid":"x"}',
        ):
            assert "refused" in recipe.verify(f"{b64(header)}.e30.YQ"), header


class TestOutage:
    def test_known_keys_count_for_a_day(self, recipe: Recipe, issuer: Issuer) -> None:
        """The issuer's outage is not the service's; a withdrawn key ends some time."""
        recipe.verify(token := issuer.sign(exp=4_000_000_000))
        issuer.stop()

        recipe.ask(age=DAY - MINUTE, reload=True)
        assert "claims" in recipe.verify(token)
        recipe.ask(age=2 * MINUTE, reload=True)
        assert "unavailable" in recipe.verify(token)

    def test_issuer_that_is_back_is_asked_again(
        self, recipe: Recipe, issuer: Issuer
    ) -> None:
        """A process that is started meanwhile must not need a restart."""
        issuer.stop()
        assert "unavailable" in recipe.verify(token := issuer.sign())
        issuer.start_again()

        assert "claims" in recipe.verify(token)

    def test_answer_that_is_no_set_of_keys_gives_none(
        self, recipe_at: RecipeAt, issuer: Issuer, recorder: Recorder
    ) -> None:
        """Nothing but the keys themselves may let anybody in."""
        recipe = recipe_at(f"http://127.0.0.1:{recorder.port}/")
        for answer in BAD_ANSWERS:
            recorder.status, recorder.headers, recorder.body = answer.at(
                issuer.jwks_uri
            )

            assert "unavailable" in recipe.verify(issuer.sign()), answer

    def test_issuer_that_hangs_is_waited_for_no_longer_than_2_seconds(
        self, recipe_at: RecipeAt, issuer: Issuer, recorder: Recorder
    ) -> None:
        """By default it would be 5 s."""
        recipe = recipe_at(f"http://127.0.0.1:{recorder.port}/")
        recorder.may_answer.clear()

        assert recipe.verify(issuer.sign()) == {"unavailable": "ERR_JWKS_TIMEOUT"}
        assert recipe.ask(timeouts=True) == {"timeouts": [2000]}

    def test_unknown_kid_is_no_refusal_while_the_issuer_is_down(
        self, recipe: Recipe, issuer: Issuer
    ) -> None:
        """The page says so: it may be the key of tomorrow."""
        recipe.verify(issuer.sign())
        issuer.stop()
        unknown = issuer.forge(FAULTS["unknown kid"])

        assert "refused" in recipe.verify(unknown)
        recipe.ask(age=MINUTE)
        assert "unavailable" in recipe.verify(unknown)


class TestAttempts:
    def test_unknown_kids_have_the_issuer_asked_twice_a_minute(
        self, recipe: Recipe, issuer: Issuer, fetches: list[dict[str, Any]]
    ) -> None:
        """Whoever makes up tokens must not have it asked at will."""
        unknown = issuer.forge(FAULTS["unknown kid"])
        for milliseconds in (1, MINUTE // 3, MINUTE // 3, MINUTE // 3):
            recipe.ask(age=milliseconds)
            recipe.verify(unknown)

        assert len(fetches) == 2

    def test_retired_key_ends_with_the_next_look(
        self, recipe: Recipe, issuer: Issuer
    ) -> None:
        """That is what the page promises for an emergency."""
        recipe.verify(token := issuer.sign())
        issuer.retire_its_key()

        recipe.ask(reload=True)
        assert recipe.verify(token) == {"refused": "ERR_JWKS_NO_MATCHING_KEY"}
        assert "claims" in recipe.verify(issuer.sign())
