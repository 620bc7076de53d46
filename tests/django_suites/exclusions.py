"""The tests of Django's that must fail with our engine, each with its reason.

One that passes, or is not there any more, fails the run: the list never rots.
"""

import django

_ROW = "looks for a row in the database; the session is in Redis"
_QUERIES = "counts the query that reads a database session; ours needs none"
_OTHER_ENGINE = "sets another engine under our middleware, which refuses it"
_NOT_INSTALLED = "takes every app of sessions away, and our middleware needs ours"
_RENEWED = "wants the same id after a second login; every login gets a new one"
_COOKIE_KEPT = "wants an unknown id's cookie deleted; only a logout deletes it"
_INTERRUPTED = "wants a 400 where the session ended meanwhile; the work was done"

_MIDDLEWARE = "tests.django_suites.engine_cases.MiddlewareTests"
_ADMIN = "admin_views.tests"
_CLIENT = "test_client.tests.ClientTest"

_EVERYWHERE = {
    "sessions_tests.tests.SessionMiddlewareTests.test_empty_session_saved": _ROW,
    f"{_MIDDLEWARE}.test_empty_session_saved": _ROW,
    f"{_MIDDLEWARE}.test_session_delete_on_end": _COOKIE_KEPT,
    f"{_MIDDLEWARE}.test_session_delete_on_end_with_custom_domain_and_path": (
        _COOKIE_KEPT
    ),
    f"{_MIDDLEWARE}.test_session_update_error_redirect": _INTERRUPTED,
    f"{_CLIENT}.test_logout_cookie_sessions": _OTHER_ENGINE,
    "test_client_regress.tests.SessionEngineTests.test_login": _OTHER_ENGINE,
    f"{_CLIENT}.test_sessions_app_is_not_installed": _NOT_INSTALLED,
    f"{_CLIENT}.test_view_with_login_when_sessions_app_is_not_installed": (
        _NOT_INSTALLED
    ),
    "auth_tests.test_views.LoginTest"
    ".test_session_key_flushed_on_login_after_password_change": _RENEWED,
    f"{_ADMIN}.AdminCustomQuerysetTest.test_changelist_view_count_queries": _QUERIES,
    f"{_ADMIN}.AdminSearchTest.test_no_total_count": _QUERIES,
    f"{_ADMIN}.AdminSearchTest.test_reset_link": _QUERIES,
    f"{_ADMIN}.GroupAdminTest.test_group_permission_performance": _QUERIES,
    f"{_ADMIN}.UserAdminTest.test_user_permission_performance": _QUERIES,
}
_SINCE_60 = {
    "auth_tests.test_middleware.TestLoginRequiredMiddleware"
    ".test_protected_view_logged_in_performance": _QUERIES,
}


def excluded(labels: list[str]) -> set[str]:
    """Return which tests under ``labels`` must fail with the Django installed here."""
    known = _EVERYWHERE | (_SINCE_60 if django.VERSION >= (6, 0) else {})
    return {test for test in known if test.startswith(tuple(labels))}
