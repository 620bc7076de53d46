"""Django's suites for session engines and middleware, with ours in their place."""

from unittest.mock import patch

from django.test import TestCase
from sessions_tests import tests as django_suite

from sessionauth.engine import SessionStore
from sessionauth.middleware import SessionMiddleware


class EngineTests(django_suite.SessionTestsMixin, TestCase):
    backend = SessionStore


@patch.object(django_suite, "SessionMiddleware", SessionMiddleware)
class MiddlewareTests(django_suite.SessionMiddlewareTests):
    pass
