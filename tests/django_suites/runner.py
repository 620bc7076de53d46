"""Run Django's own tests with our engine and middleware, in a process of its own.

``python -m tests.django_suites.runner <Django's tests> <label>...``

Tests fail, and so does the run, that are not among the exclusions; exclusions that do
not fail are as bad.
"""

import os
import sys
import tempfile
from unittest import TestCase, TestSuite, TextTestResult

from django.test.runner import DiscoverRunner

from tests.django_suites.exclusions import excluded

_DJANGOS = "django.contrib.sessions.middleware.SessionMiddleware"
_OURS = "sessionauth.middleware.SessionMiddleware"


class Runner(DiscoverRunner):
    """Django's, with another opinion of what a success is."""

    labels: list[str]

    def run_tests(self, test_labels: list[str], **kwargs: object) -> int:
        """Keep what is run."""
        self.labels = test_labels
        return super().run_tests(test_labels, **kwargs)

    def suite_result(
        self, suite: TestSuite, result: TextTestResult, **kwargs: object
    ) -> int:
        """Return the number of surprises, and name each."""
        failed = {_id(test) for test, _ in (*result.failures, *result.errors)}
        must_fail = excluded(self.labels)
        for test in sorted(failed - must_fail):
            sys.stdout.write(f"FAILED {test}\n")
        for test in sorted(must_fail - failed):
            sys.stdout.write(f"STALE EXCLUSION {test}\n")
        return len(failed ^ must_fail)


def _id(test: TestCase) -> str:
    """Return the test's id; a subtest counts as its test."""
    return getattr(test, "test_case", test).id()


def main() -> int:
    """Run what the command line names; return the number of surprises, at most 1."""
    sources, *labels = sys.argv[1:]
    sys.path.insert(0, sources)
    with tempfile.TemporaryDirectory() as directory:
        os.environ["TMPDIR"] = directory
        return min(_surprises(labels), 1)


def _surprises(labels: list[str]) -> int:
    import runtests  # noqa: PLC0415 # main() says where it is

    runtests.ALWAYS_INSTALLED_APPS.append("sessionauth")
    middleware = runtests.ALWAYS_MIDDLEWARE
    middleware[middleware.index(_DJANGOS)] = _OURS
    surprises: int = runtests.django_tests(
        verbosity=1,
        interactive=False,
        failfast=False,
        keepdb=False,
        reverse=False,
        test_labels=labels,
        debug_sql=False,
        parallel=1,
        tags=None,
        exclude_tags=None,
        test_name_patterns=None,
        start_at="",
        start_after="",
        pdb=False,
        buffer=False,
        timing=False,
        shuffle=False,
    )
    return surprises


if __name__ == "__main__":
    sys.exit(main())
