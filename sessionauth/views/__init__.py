"""Endpoints and pages, one file per user story."""
