"""Hold the tree to its rules: ``python -m tests.harness.tree``, in ``make lint``.

- A file is named after its concept: no ``utils.py`` and the like.
- A module has at most 400 lines, a function at most 30 lines of code. Docstrings,
  comments and blank lines of a function do not count: a reason is never too long.
  Migrations are generated and excepted.
- No secret, no database and no other tool's lock file is tracked, by name or by what
  it looks like inside.
- ``constraints.txt`` works on every machine: no address, no path.
"""

import ast
import fnmatch
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("jwtauth", "sessionauth", "demo_project")
NAMELESS = {"utils.py", "helpers.py", "common.py", "misc.py", "services.py"}
LONGEST_MODULE = 400
LONGEST_FUNCTION = 30
NEVER_TRACKED = ("uv.lock", "package-lock.json", "*.sqlite3", "*.pem", "*.env")
NEVER_TRACKED_DIRECTORIES = (".demo", "node_modules")
# A private key in PEM, the private half of a JWK, an AWS key, a token of ours.
SECRETS = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}"
    rb"|\"[dk]\":\s*\"[A-Za-z0-9_-]{40,}\""
    rb"|\bAKIA[0-9A-Z]{16}\b"
    rb"|\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{40,}"
)
# Published test vectors: facts of an RFC, or keys made for nothing else.
PUBLIC = ("tests/vectors/",)

NOT_CODE = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def find_faults(root: Path) -> Iterator[str]:
    """Find everything below ``root`` that breaks a rule, one line each."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            yield from _find_faults_of_module(path, path.relative_to(root))
    yield from _find_faults_of_tracked_files(root)
    yield from _find_faults_of_constraints(root / "constraints.txt")


def _find_faults_of_module(path: Path, name: Path) -> Iterator[str]:
    if path.name in NAMELESS:
        yield f"{name}: the name says nothing; name the file after its concept"
    if "migrations" in name.parts:
        return
    source = path.read_text(encoding="utf-8")
    if (length := len(source.splitlines())) > LONGEST_MODULE:
        yield f"{name}: {length} lines; {LONGEST_MODULE} is the end"
    code = _lines_of_code(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = len(code & _lines_of(node))
            if length > LONGEST_FUNCTION:
                yield (
                    f"{name}:{node.lineno}: {node.name}() has {length} lines of code; "
                    f"{LONGEST_FUNCTION} is the end"
                )


def _lines_of_code(source: str) -> set[int]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        line
        for token in tokens
        if token.type not in NOT_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }


def _lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[int]:
    lines = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    if ast.get_docstring(node) is None:
        return lines
    docstring = node.body[0]
    end = docstring.end_lineno or docstring.lineno
    return lines - set(range(docstring.lineno, end + 1))


def _find_faults_of_tracked_files(root: Path) -> Iterator[str]:
    if not (root / ".git").exists():  # An unpacked archive tracks nothing.
        return
    answer = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git the user has
        cwd=root,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, answer.stdout.split("\0")):
        path = Path(name)
        if not name.startswith(PUBLIC) and _holds_secret(root / path):
            yield f"{name}: holds what looks like a secret; take it out and renew it"
        if any(fnmatch.fnmatch(path.name, pattern) for pattern in NEVER_TRACKED) or set(
            path.parts[:-1]
        ) & set(NEVER_TRACKED_DIRECTORIES):
            yield f"{name}: must not be tracked; run `git rm --cached` on it"


def _holds_secret(path: Path) -> bool:
    # A file that was deleted is tracked until the deletion is.
    return path.is_file() and SECRETS.search(path.read_bytes()) is not None


def _find_faults_of_constraints(path: Path) -> Iterator[str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, start=1):
        if "://" in line or line.startswith(("-", "/", ".")):
            yield (
                f"{path.name}:{number}: an option, an address or a machine's path; "
                "run `make constraints`"
            )


def main(root: Path) -> int:
    """Print every fault; return 1 if there is one."""
    faults = list(find_faults(root))
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return min(len(faults), 1)


if __name__ == "__main__":
    sys.exit(main(Path(__file__).parents[2]))
