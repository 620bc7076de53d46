"""How the sources handle secrets: who may touch cryptography, and how one compares."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
SOURCES = sorted(
    path.relative_to(CHECKOUT)
    for app in ("jwtauth", "sessionauth")
    for path in (CHECKOUT / app).rglob("*.py")
)

# The modules that may touch what signs and encrypts, and with what.
CRYPTOGRAPHY = {
    "jwtauth/core/codec.py": {"jwt"},
    "jwtauth/core/compact.py": {"jwt"},
    "jwtauth/core/encryption.py": {"joserfc"},
    "jwtauth/core/jwk.py": {"cryptography", "jwt"},
    "jwtauth/core/jwk_set.py": {"cryptography"},
    "jwtauth/core/keys.py": {"cryptography"},
    "jwtauth/core/refresh_token.py": {"cryptography", "hmac"},
    "jwtauth/core/rotation.py": {"hmac"},
}
LIBRARIES = {
    "Crypto",
    "cryptography",
    "ecdsa",
    "hmac",
    "jose",
    "joserfc",
    "jwt",
    "nacl",
}
BY_VALUE = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
SECRET = re.compile(
    r"(^|_)(binding|digest|hash|hmac|nonce|password|secret|secret_key|signature|signing"
    r"|tag|token)s?$"
)


def imports(source: str) -> set[str]:
    """Return the libraries for cryptography that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names & LIBRARIES


def comparisons_of_secrets(source: str) -> Iterator[str]:
    """Yield what is compared by ``==`` or ``in`` though a name says that it is secret.

    Comparing with a constant is no comparison of secrets.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        by_value = any(isinstance(operator, BY_VALUE) for operator in node.ops)
        is_constant = any(isinstance(side, ast.Constant) for side in sides)
        if by_value and not is_constant and any(map(is_secret, sides)):
            yield ast.unparse(node)


def is_secret(node: ast.expr) -> bool:
    """Whether a name says so, or what is called with such a name."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            # It names a session, in logs too, and logs nobody in.
            return name != "session_digest" and bool(SECRET.search(name.lower()))
        case ast.Call(func=ast.Name(id="len")):
            return False
        case ast.Call(func=func, args=args):
            return is_secret(func) or any(map(is_secret, args))
    return False


class TestCryptography:
    @pytest.mark.requirement("KEY-14")
    @pytest.mark.parametrize("path", SOURCES, ids=str)
    def test_module_uses_the_cryptography_it_is_known_for(self, path: Path) -> None:
        """Two maintained libraries sign, called from few places; nothing is our own."""
        source = (CHECKOUT / path).read_text("utf-8")

        assert imports(source) == CRYPTOGRAPHY.get(str(path), set())

    def test_every_known_place_is_there(self) -> None:
        """A place that was renamed must not stay on the list."""
        assert set(CRYPTOGRAPHY) <= set(map(str, SOURCES))


class TestComparisons:
    @pytest.mark.requirement("KEY-15")
    @pytest.mark.parametrize("path", SOURCES, ids=str)
    def test_module_compares_secrets_in_constant_time(self, path: Path) -> None:
        """``==`` stops at the first byte that differs, and a stopwatch sees where."""
        source = (CHECKOUT / path).read_text("utf-8")

        assert list(comparisons_of_secrets(source)) == []

    @pytest.mark.parametrize(
        "source",
        [
            "tag == expected",
            "row.secret_hash != digest",
            "bytes(row.binding) in bindings",
            "a and other is None or x == bytes(token)",
            "key.signing == SECRET_KEY",
        ],
    )
    def test_comparison_that_leaks_is_found(self, source: str) -> None:
        """Else the test above would prove nothing."""
        assert list(comparisons_of_secrets(source))

    @pytest.mark.parametrize(
        "source",
        [
            "token is None",
            "len(tag) != 16",
            "hmac.compare_digest(tag, x)",
            "kid == k",
            "token == '-'",
        ],
    )
    def test_comparison_that_leaks_nothing_is_not(self, source: str) -> None:
        """Identity, constants and public names."""
        assert not list(comparisons_of_secrets(source))
