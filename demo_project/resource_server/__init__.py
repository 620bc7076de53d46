"""A second service: it verifies the demo's access tokens by the public keys alone.

No database, no Redis, no users, and none of the issuer's secrets: only its address.
``settings`` is all it takes, ``views`` shows who is calling, ``__main__`` runs it, and
``beside_the_demo`` is how ``make demo`` starts it.
"""
