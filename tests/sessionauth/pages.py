"""What a page holds, as a browser and a screen reader find it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """A form of a page, with its controls as far as they have a name."""

    attributes: dict[str, str | None]
    inputs: dict[str, dict[str, str | None]] = field(default_factory=dict)
    buttons: list[dict[str, str | None]] = field(default_factory=list)

    @property
    def action(self) -> str | None:
        """Where it is sent; None for where the page came from."""
        return self.attributes.get("action")


class Page(HTMLParser):
    """The tags of a page and its forms."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.forms: list[Form] = []
        self.feed(content.decode())

    @property
    def ids(self) -> list[str | None]:
        """Every id, in order."""
        return [a["id"] for _, a in self.tags if "id" in a]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag == "form":
            self.forms.append(Form(attributes))
        elif tag == "button":
            self.forms[-1].buttons.append(attributes)
        elif tag == "input" and (name := attributes.get("name")):
            self.forms[-1].inputs[name] = attributes

    def form_to(self, action: str | None) -> Form:
        """Return the one form that is sent there."""
        (form,) = (form for form in self.forms if form.action == action)
        return form
