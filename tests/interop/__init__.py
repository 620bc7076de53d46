"""What we issue, in the hands of services that know nothing but the published keys."""
