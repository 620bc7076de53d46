"""What lies in Redis: records and indexes; every atomic step touches one key."""
