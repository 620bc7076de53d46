"""Which rows in force lack their proof."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.harness.requirements.record import Outcome, ProvingTest
from tests.harness.requirements.rows import Row


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A row that must be proven and is not."""

    row: Row
    reason: str
    is_excused: bool

    def __str__(self) -> str:
        """One line for the terminal."""
        verdict = "let through" if self.is_excused else "not proven"
        return f"{self.row.id} {verdict}: {self.reason} ({self.row.requirement})"


def find_gaps(
    rows: Sequence[Row], tests: Sequence[ProvingTest], *, is_ci: bool
) -> Iterator[Gap]:
    """Find the rows of level M in force without a passing test.

    A row whose test was skipped because a program is missing is excused, except in
    CI, where every program must be there.
    """
    for row in rows:
        proofs = [test for test in tests if row.id in test.requirements]
        outcomes = {test.outcome for test in proofs}
        if not row.must_be_proven or Outcome.PASSED in outcomes:
            continue
        yield Gap(
            row=row,
            reason=_explain(proofs),
            is_excused=Outcome.PROGRAM_MISSING in outcomes and not is_ci,
        )


def _explain(proofs: Sequence[ProvingTest]) -> str:
    if not proofs:
        return "no test is marked with it"
    return "; ".join(f"{test.node_id} {test.outcome}" for test in proofs)
