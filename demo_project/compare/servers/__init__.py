"""The servers of a run: six demos, each with a Valkey, on one database server.

Whatever happens to the run, none of them outlives it.
"""
