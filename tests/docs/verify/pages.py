"""The code on the pages, each block by the file that its first line names."""

import re
from pathlib import Path

HOW_TO = Path(__file__).parents[3] / "docs/how-to"
NAMES = ("verify-in-another-service.md", "verify-at-a-gateway.md")
PAGES = "".join((HOW_TO / name).read_text("utf-8") for name in NAMES)

ISSUER = "https://example.com"
SERVICE = "https://reports.example.com"
JWKS = f"{ISSUER}/.well-known/jwks.json"


def block(first_line: str) -> str:
    """Return the one block of code that begins with ``# <first_line>``, or ``//``."""
    found = re.findall(
        rf"^```\w+\n((?:#|//) {re.escape(first_line)}\n.*?)^```",
        PAGES,
        re.DOTALL | re.MULTILINE,
    )
    (code,) = found
    return str(code)
