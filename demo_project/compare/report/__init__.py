"""A result as text for the terminal and as a page of its own, with charts."""
