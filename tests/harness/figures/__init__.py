"""Measured figures in README.md and docs/, written there by a program.

A text between markers comes from a committed result file, ``docs/figures/*.json``::

    <!-- figures: bench.figure access-known.floor -->0.01<!-- /figures -->

- ``markers``: markers in a page, found and filled
- ``sources``: which result files there are, and who reads them
- ``pages``: every page, as it should be
- ``bench``, ``comparison``: one small function for each figure, from result to Markdown

A new figure is one function and its line in ``FIGURES``.
``python -m tests.harness.figures write``, in ``make docs``, fills every page;
``check`` names what is stale.
"""
