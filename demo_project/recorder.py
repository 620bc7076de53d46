"""A caller that remembers what it was answered: for who looks at answers afterwards."""

from collections.abc import Mapping

from demo_project.http_caller import Answer, Caller, PassingCaller


class Recorder(PassingCaller):
    """Keeps every answer."""

    def __init__(self, caller: Caller) -> None:
        """Begin with no answers."""
        super().__init__(caller)
        self.answers: list[Answer] = []

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
        answer = super().send(method, path, body=body, form=form, headers=headers)
        self.answers.append(answer)
        return answer
