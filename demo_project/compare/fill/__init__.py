"""Stores many logins in a server's stores, for ``measures.at_scale``.

Programs that run with the server's settings. What they are told comes from their
standard input and what they find is printed: no credential is on a command line.

- ``fill``: copies of a real login, as the scheme's own app stores them
- ``fill.access_tokens``: access tokens for logins that were filled in

``order`` is what the first is told; ``users``, ``sessions`` and ``families`` are what
it stores.
"""
