"""What lies in a server's stores: rows of its database, keys of its Redis."""
