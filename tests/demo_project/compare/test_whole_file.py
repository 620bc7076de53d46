"""Files that are written whole or not at all."""

from pathlib import Path

import pytest

from demo_project.compare import whole_file
from demo_project.compare.whole_file import write_whole


class TestWriteWhole:
    def test_content_replaces_the_old_file(self, tmp_path: Path) -> None:
        """The latest run is the one that counts."""
        target = tmp_path / "rows.json"
        target.write_text("old")

        write_whole(target, "new")

        assert target.read_text() == "new"
        assert list(tmp_path.iterdir()) == [target]

    def test_interrupted_writing_keeps_the_old_file_and_no_draft(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ctrl-C may come at any line."""
        target = tmp_path / "rows.json"
        target.write_text("old")
        monkeypatch.setattr(whole_file.Path, "chmod", _interrupted)

        with pytest.raises(KeyboardInterrupt):
            write_whole(target, "new")

        assert target.read_text() == "old"
        assert list(tmp_path.iterdir()) == [target]


def _interrupted(*_args: object) -> None:
    raise KeyboardInterrupt
