"""What somebody who is logged in meets while Redis or the database is down."""
