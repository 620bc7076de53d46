"""Django's own tests with our engine, out of the sources of the Django here."""
