"""The endpoints: read the request, run a flow, write the answer."""
