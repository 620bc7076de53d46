"""What the comparison's file is held to, beyond what a schema can say."""

import json
from collections.abc import Iterator
from pathlib import Path

from jsonschema import Draft202012Validator

from demo_project.compare import result

SCHEMA = json.loads(
    Path(result.__file__).with_name("result.schema.json").read_text(encoding="utf-8")
)


def faults(text: str) -> list[str]:
    """Everything that is wrong with the file, one line each."""
    content = json.loads(text)
    found = Draft202012Validator(SCHEMA).iter_errors(content)
    wrong = [f"{error.json_path}: {error.message}" for error in found]
    return wrong or list(_faults_across_rows(content))


def _faults_across_rows(content: dict[str, list[dict[str, object]]]) -> Iterator[str]:
    modes = [mode["name"] for mode in content["modes"]]
    ids = [row["id"] for row in content["rows"]]
    for name in {*modes, *ids}:
        if modes.count(name) > 1 or ids.count(name) > 1:
            yield f"{name}: there twice"
    for row in content["rows"]:
        if row["cells"].keys() != set(modes):  # type: ignore[attr-defined]
            yield f"{row['id']}: has other cells than there are modes"
