"""Attacks that are really played, one per file.

Each module tells its story in the docstring and has one function, ``play(stage)``,
that returns what everybody was answered. ``tests/test_attacks.py`` says what must
come out; the comparison shows it as a row.
"""
