"""What is told after a commit, and who hears that it failed."""

from collections.abc import Callable

import pytest
from django.db import transaction

from jwtauth.stores.after_commit import after_commit

pytestmark = pytest.mark.usefixtures("transactional_db")


class NotTold(Exception):
    """Nobody could be told."""


def fail() -> None:
    raise NotTold


class TestAfterCommit:
    def test_failure_after_our_own_transaction_is_raised(self) -> None:
        """A logout that Redis never heard of must not be answered as done."""
        with pytest.raises(NotTold), transaction.atomic():
            after_commit(fail, using="default")

    def test_failure_in_a_transaction_of_the_caller_keeps_the_hooks_of_the_caller(
        self,
    ) -> None:
        """Django drops every later hook when one raises."""
        called: list[str] = []

        with transaction.atomic():
            with transaction.atomic():
                after_commit(fail, using="default")
            transaction.on_commit(lambda: called.append("a mail of the project"))

        assert called == ["a mail of the project"]

    @pytest.mark.requirement("LOG-06")
    @pytest.mark.parametrize("nested", [False, True])
    def test_rollback_tells_nobody(self, nested: bool) -> None:  # noqa: FBT001 # a parameter of the test
        """What did not happen must not be told."""
        called: list[str] = []

        with transaction.atomic():
            tell_in_a_block(lambda: called.append("revoked"), nested=nested)
            transaction.set_rollback(True)

        assert called == []


def tell_in_a_block(tell: Callable[[], None], *, nested: bool) -> None:
    if not nested:
        after_commit(tell, using="default")
        return
    with transaction.atomic():
        after_commit(tell, using="default")
