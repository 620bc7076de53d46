"""Our own keys: each kind of source, and every fault by its name and place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from jwtauth.core.keys import KeyUse
from jwtauth.exceptions import KeyRefused
from jwtauth.stores import private_keys
from tests import signing_keys
from tests.jwtauth.core.key_box import jwk_of, secret_jwk

GOOD = [jwk_of("ES256"), jwk_of("HS256", KeyUse.REFRESH)]
NOW = 1_800_000_000


def write(directory: Path, **files: object) -> Path:
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (directory / f"{name}.json").write_text(text, "utf-8")
    return directory


def kids(source: Any) -> list[str]:  # noqa: ANN401 # any source of keys
    ring, problems = private_keys.load_ring(source, NOW)
    assert problems == []
    return [key.kid for key in ring]


def only_problem(source: Any) -> KeyRefused:  # noqa: ANN401 # any source of keys
    _ring, (problem,) = private_keys.load_ring(source, NOW)
    return problem


class TestSources:
    def test_keys_of_a_directory_are_its_json_files(self, tmp_path: Path) -> None:
        """Half-written files and notes beside them are no keys."""
        write(tmp_path, b=GOOD[0], a=GOOD[1])
        (tmp_path / "README").write_text("no key")
        (tmp_path / ".new.tmp").write_text("{")

        assert kids(tmp_path) == [GOOD[1]["kid"], GOOD[0]["kid"]]

    def test_keys_of_a_list_are_its_items(self) -> None:
        """For settings that hold the keys themselves."""
        assert kids(GOOD) == [jwk["kid"] for jwk in GOOD]

    @pytest.mark.parametrize("kind", [list, tuple])
    def test_keys_of_a_callable_are_what_it_returns(
        self, kind: Callable[[Any], Any]
    ) -> None:
        """For a secrets manager."""
        assert kids(lambda: kind(GOOD)) == [jwk["kid"] for jwk in GOOD]

    def test_keys_of_a_dotted_path_are_those_of_the_callable(self) -> None:
        """Settings files import little."""
        expected = [jwk["kid"] for jwk in signing_keys.load()]

        assert kids("tests.signing_keys.load") == expected


class TestProblems:
    def test_missing_directory_is_named_with_its_cure(self, tmp_path: Path) -> None:
        """A new deployment starts here."""
        problem = only_problem(tmp_path / "keys")

        assert problem.code == "no_directory"
        assert f"{tmp_path / 'keys'} does not exist" in str(problem)
        assert "jwtauth_keys init" in problem.hint

    def test_directory_that_is_a_file_is_named(self, tmp_path: Path) -> None:
        """What was meant was the directory around it, or the list in it."""
        file = write(tmp_path, keys=GOOD) / "keys.json"

        assert f"{file} is not a directory" in str(only_problem(file))

    @pytest.mark.parametrize(
        "content",
        ["", "{", "[]", '"text"', "null", "[" * 10**5, "\ud800"],
        ids=lambda text: repr(text[:6]),
    )
    def test_broken_file_is_named(self, tmp_path: Path, content: str) -> None:
        """Which of the files is it?"""
        path = tmp_path / "broken.json"
        path.write_bytes(content.encode("utf-8", "surrogatepass"))

        problem = only_problem(write(tmp_path, a=GOOD[0], b=GOOD[1]))

        assert problem.code == "unreadable"
        assert str(path) in str(problem)
        assert problem.hint

    @pytest.mark.parametrize("content", ["[]", '"text"', "null"])
    def test_file_that_holds_no_object_has_its_own_cure(
        self, tmp_path: Path, content: str
    ) -> None:
        """A JWK Set in one file is readable, but not one key."""
        problem = only_problem(write(tmp_path, a=GOOD[0], b=GOOD[1], c=content))

        assert "one private JWK into each file" in problem.hint

    def test_file_that_is_a_directory_is_named(self, tmp_path: Path) -> None:
        """Unreadable in a way that holds for root, too."""
        (tmp_path / "odd.json").mkdir()

        problem = only_problem(write(tmp_path, a=GOOD[0], b=GOOD[1]))

        assert f"{tmp_path / 'odd.json'} is not a readable" in str(problem)

    def test_key_that_may_not_be_used_is_named_by_its_file(
        self, tmp_path: Path
    ) -> None:
        """The rule that it breaks is the core's; where it is, only we know."""
        weak = {**GOOD[0], "use": "enc"}

        problem = only_problem(write(tmp_path, weak=weak, b=GOOD[1]))

        assert str(problem).startswith(f"{tmp_path / 'weak.json'}: ")
        assert problem.code == "wrong_use"

    def test_keys_beside_a_broken_file_are_read(self, tmp_path: Path) -> None:
        """Whoever lists keys wants to see those that are well."""
        write(tmp_path, a="{", b=GOOD[0], c=[])

        ring, problems = private_keys.load_ring(tmp_path, NOW)

        assert [key.kid for key in ring] == [GOOD[0]["kid"]]
        assert [problem.code for problem in problems] == ["unreadable", "unreadable"]

    @pytest.mark.parametrize("jwk", ["text", None, 5, ["k"]], ids=repr)
    def test_item_that_is_no_object_is_named_by_its_number(self, jwk: object) -> None:
        """In a list there is no other name."""
        problem = only_problem([*GOOD, jwk])

        assert str(problem) == "key number 3: not a JSON object."

    @pytest.mark.parametrize("path", ["no.such.module", "tests.no_such_name", "keys.d"])
    def test_dotted_path_that_leads_nowhere_is_named(self, path: str) -> None:
        """It may also have been meant as a directory."""
        problem = only_problem(path)

        assert repr(path) in str(problem)
        assert "pathlib.Path" in problem.hint

    @pytest.mark.requirement("KEY-13")
    def test_callable_that_fails_is_named_without_its_words(
        self,
    ) -> None:
        """An error of a secrets manager may tell the secret."""

        def fail() -> None:
            raise RuntimeError("hunter2")

        problem = only_problem(fail)

        assert "RuntimeError" in str(problem)
        assert "hunter2" not in f"{problem}{problem.hint}"

    @pytest.mark.parametrize("value", [None, 5, "text", {"keys": GOOD}, iter(GOOD)])
    def test_callable_that_returns_no_list_is_one_problem(self, value: object) -> None:
        """A whole JWK Set is the likeliest mistake."""
        assert "returned no list" in str(only_problem(lambda: value))

    @pytest.mark.requirement("KEY-07")
    @pytest.mark.parametrize("kind", [str, bytes])
    def test_secret_key_of_django_is_refused(self, kind: type) -> None:
        """No key serves two purposes; Django takes the setting as text or bytes."""
        text = "".join(chr(33 + number) for number in range(40))
        secret = text if kind is str else text.encode()

        with override_settings(SECRET_KEY=secret):
            problem = only_problem([GOOD[0], secret_jwk(text.encode(), KeyUse.REFRESH)])

        assert problem.code == "secret_key_reused"

    def test_refresh_keys_that_tokens_can_not_tell_apart_are_a_problem(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It takes 65536 pairs to happen and would lock out everybody."""
        monkeypatch.setattr("jwtauth.core.refresh_token.key_hint", lambda _key: b"xx")
        other = secret_jwk(bytes(range(40, 80)), KeyUse.REFRESH)

        problem = only_problem([*GOOD, other])

        assert problem.code == "ambiguous_refresh_key"
