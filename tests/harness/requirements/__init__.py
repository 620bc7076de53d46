"""The table of requirements, and the proof that its rows are tested.

- ``rows``: the table, ``docs/reference/requirements.csv``
- ``recorder``: the part of the pytest plugin that notes which test proves what
- ``record``: what a full run leaves under ``build/requirements/``
- ``verdicts``: which rows in force lack their proof
- ``page``: ``docs/reference/requirements.md``, generated from table and record

``python -m tests.harness.requirements check`` ends every full test run, and
``python -m tests.harness.requirements write`` generates the page.
"""
