"""A ``Caller`` that reaches the views through Django's test client."""

from collections.abc import Mapping

from django.test import Client

from demo_project.http_caller import Answer, encoded


class ClientCaller:
    """CSRF is enforced, as it is for a browser."""

    def __init__(self, device: str) -> None:
        self._client = Client(enforce_csrf_checks=True, headers={"User-Agent": device})

    @property
    def cookies(self) -> Mapping[str, str]:
        return {name: m.value for name, m in self._client.cookies.items()}

    def add_cookies(self, cookies: Mapping[str, str]) -> None:
        self._client.cookies.load(dict(cookies))

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        kind, content = encoded(body, form)
        response = self._client.generic(
            method,
            path,
            content or "",
            content_type=kind,
            headers=dict(headers or {}),
        )
        return Answer(
            status=response.status_code,
            headers={k.lower(): v for k, v in response.headers.items()},
            content=response.content,
            set_cookies=[m.OutputString() for m in response.cookies.values()],
        )
