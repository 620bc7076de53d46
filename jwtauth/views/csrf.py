"""``csrf/``: what a script needs before it may log in by cookie."""

from django.middleware.csrf import get_token
from rest_framework.request import Request
from rest_framework.response import Response

from jwtauth.transport.cookies import depends_on_cookies
from jwtauth.views.endpoint import Endpoint


class CsrfView(Endpoint):
    """``GET csrf/``: the token for the header ``X-CSRFToken``, and its cookie."""

    def get(self, request: Request) -> Response:
        """Return it; other sites can't read the answer."""
        response = Response({"csrf_token": get_token(request._request)})
        depends_on_cookies(response)
        return response
