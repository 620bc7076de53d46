"""User stories and what they pass on; here core, stores and signals meet."""
