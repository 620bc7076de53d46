"""A project whose users have a UUID for a key, an e-mail address for a name, no rights.

A swapped user model takes a process of its own: ``test_custom_user.py`` starts it.
"""
