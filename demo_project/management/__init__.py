"""The demo's place for management commands."""
