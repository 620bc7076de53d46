"""What requests are called in the rows of the outages, for whoever reads them."""

REQUEST = "a request"
WITH_ROW = "one for which the user's row is due"
