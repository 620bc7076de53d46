"""One user story per file; only here core, stores and signals meet."""
