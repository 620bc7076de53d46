"""The recipes for services that verify our tokens, run as they stand on their pages."""
