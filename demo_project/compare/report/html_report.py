"""The result as one HTML file: it brings its styles, runs nothing, fetches nothing."""

from django.template import Context, Engine
from django.utils.safestring import SafeString

from demo_project.compare.report.presentation import present
from demo_project.compare.result import Result
from demo_project.environment import CHECKOUT

TEMPLATES = CHECKOUT / "templates"
STYLES = CHECKOUT / "demo_project/static/demo"
SHEETS = ("style.css", "compare.css")


def as_html(result: Result) -> str:
    """Return the text of the file.

    The engine stands alone, and numbers are written as they are: the command that
    calls this loads no settings.
    """
    engine = Engine(dirs=[str(TEMPLATES)])
    sheets = [(STYLES / name).read_text(encoding="utf-8") for name in SHEETS]
    content = {"result": present(result), "styles": SafeString("\n".join(sheets))}
    return engine.get_template("compare/report.html").render(
        Context(content, use_l10n=False)
    )
