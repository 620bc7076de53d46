"""``/compare/``: the last result, the decision guide, and runs in the background."""
