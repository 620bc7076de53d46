"""What a request costs: counted in the server, and on the connection."""
