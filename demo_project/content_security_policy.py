"""Content-Security-Policy of the demo: all comes from this server, nothing is inline.

Django sends one from 6.0 on; before, django-csp does. Each reads a setting of its own.
"""

import django

MIDDLEWARE = (
    "django.middleware.csp.ContentSecurityPolicyMiddleware"
    if django.VERSION >= (6, 0)
    else "csp.middleware.CSPMiddleware"
)

WITHOUT_SCRIPT = {
    "default-src": ["'none'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "font-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
# Django's admin has scripts, which fetch: files of its own, none of them inline.
WITH_ADMIN = {**WITHOUT_SCRIPT, "script-src": ["'self'"], "connect-src": ["'self'"]}
