"""jwtauth_keys makes and rotates keys."""
