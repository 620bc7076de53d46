"""A caller that remembers what it was answered: for who looks at answers afterwards."""

from collections.abc import Mapping

from demo_project.http_caller import Answer, Caller


class Recorder:
    """Sends through another caller, and keeps every answer."""

    def __init__(self, caller: Caller) -> None:
        """Begin with no answers."""
        self._caller = caller
        self.answers: list[Answer] = []

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that the next request carries."""
        return self._caller.cookies

    def add_cookies(self, cookies: Mapping[str, str]) -> None:
        """Carry these cookies too."""
        self._caller.add_cookies(cookies)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and keep its answer."""
        answer = self._caller.send(method, path, body=body, form=form, headers=headers)
        self.answers.append(answer)
        return answer
