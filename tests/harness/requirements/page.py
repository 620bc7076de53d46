"""The generated page: every row with its tests, the same on every machine."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.harness.requirements.record import ProvingTest
from tests.harness.requirements.rows import Row

PAGE = Path("docs/reference/requirements.md")
PREFACE = Path(__file__).with_name("preface.md")
TITLES = {
    "KEY": "keys and algorithms",
    "JWT": "parsing and validation",
    "ATJ": "RFC 9068 access-token profile",
    "JWK": "key publication",
    "BRR": "bearer usage",
    "RTK": "refresh tokens",
    "RVK": "logout, revocation, denylist",
    "INT": "introspection (only if shipped)",
    "CKE": "cookies",
    "CSR": "CSRF and browser boundary",
    "SES": "server sessions",
    "TMO": "timeouts",
    "LST": "sessions list, limits, step-up",
    "LGN": "login pages and endpoints",
    "LOG": "audit and observability",
    "OPS": "configuration, outage, upgrade",
    "OPT": "device binding (if shipped)",
}
HEADER = """
| ID | App | Lvl | In force | Requirement | Source | How to test it | Tests |
|---|---|---|---|---|---|---|---|
"""


def render(rows: Sequence[Row], tests: Sequence[ProvingTest]) -> str:
    """Render the page.

    A parametrised test is named once, and outcomes are left out: what is skipped
    on one machine runs on another.
    """
    proofs = defaultdict(set)
    for test in tests:
        for row in test.requirements:
            proofs[row].add(test.node_id.partition("[")[0])
    preface = PREFACE.read_text(encoding="utf-8")
    return preface + "".join(
        _render_section(title, [row for row in rows if row.section == section], proofs)
        for section, title in TITLES.items()
    )


def _render_section(
    title: str, rows: Sequence[Row], proofs: Mapping[str, set[str]]
) -> str:
    if not rows:
        return ""
    lines = [_render_row(row, sorted(proofs.get(row.id, ()))) for row in rows]
    return f"\n## {rows[0].section}: {title}\n{HEADER}{''.join(lines)}"


def _render_row(row: Row, proofs: Sequence[str]) -> str:
    cells = [
        row.id,
        row.app,
        row.level,
        "yes" if row.in_force else "no",
        row.requirement,
        row.source,
        row.test,
        "<br>".join(f"`{node_id}`" for node_id in proofs),
    ]
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"
