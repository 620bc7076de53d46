"""Where state lives: families (ORM), the denylist (Redis), keys, users; conflicts."""
