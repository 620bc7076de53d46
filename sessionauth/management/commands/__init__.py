"""``sessionauth_revoke``."""
