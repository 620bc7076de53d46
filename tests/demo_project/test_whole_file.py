"""Files that are written whole or not at all, and all of them or none."""

import os
from pathlib import Path

import pytest

from demo_project import whole_file
from demo_project.whole_file import (
    BadTargetError,
    check_target,
    write_whole,
)


class TestWriteWhole:
    def test_content_replaces_the_old_file(self, tmp_path: Path) -> None:
        """The latest run is the one that counts."""
        target = tmp_path / "rows.json"
        target.write_text("old")

        write_whole({target: "new"})

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
            write_whole({target: "new"})

        assert target.read_text() == "old"
        assert list(tmp_path.iterdir()) == [target]

    @pytest.mark.parametrize("old", ["old", None])
    def test_second_file_that_fails_takes_back_the_first(
        self, old: str | None, tmp_path: Path
    ) -> None:
        """A report beside the figures of another run would be believed."""
        first, second = tmp_path / "rows.json", tmp_path / "report.html"
        if old is not None:
            first.write_text(old)
        second.mkdir()  # It became a directory while all else was measured.

        with pytest.raises(OSError, match=r"report\.html"):
            write_whole({first: "new", second: "new"})

        assert (first.read_text() if first.exists() else None) == old
        assert sorted(tmp_path.iterdir()) == sorted(
            [second] if old is None else [first, second]
        )

    def test_symbolic_link_stays_one(self, tmp_path: Path) -> None:
        """Its owner has put it there for a reason."""
        link, target = tmp_path / "link", tmp_path / "rows.json"
        link.symlink_to(target)

        write_whole({link: "new"})

        assert link.is_symlink()
        assert target.read_text() == "new"

    def test_file_system_without_links_is_written_as_well(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Minutes of measuring would be lost on a memory stick."""
        monkeypatch.setattr(whole_file.os, "link", _without_links)
        target = tmp_path / "rows.json"
        target.write_text("old")

        write_whole({target: "new"})

        assert target.read_text() == "new"
        assert list(tmp_path.iterdir()) == [target]


class TestCheckTarget:
    def test_file_that_exists_or_not_is_fine(self, tmp_path: Path) -> None:
        """The last run's file is replaced."""
        (tmp_path / "old").write_text("")

        check_target(tmp_path / "old")
        check_target(tmp_path / "new")

    def test_missing_directory_is_refused(self, tmp_path: Path) -> None:
        """It may be a slip of the pen, so it isn't made."""
        with pytest.raises(BadTargetError, match="missing is no directory that exists"):
            check_target(tmp_path / "missing" / "rows.json")

    def test_directory_is_refused(self, tmp_path: Path) -> None:
        """Which name in it was meant is anybody's guess."""
        with pytest.raises(BadTargetError, match="is a directory: name a file in it"):
            check_target(tmp_path)

    def test_device_is_refused(self, tmp_path: Path) -> None:
        """It would be replaced by a file, for every program of the machine."""
        os.mkfifo(tmp_path / "pipe")

        with pytest.raises(BadTargetError, match="is no regular file"):
            check_target(tmp_path / "pipe")

    def test_directory_that_can_not_be_written_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Root may write everywhere, so the question itself is answered here."""
        monkeypatch.setattr(whole_file.os, "access", lambda *_: False)

        with pytest.raises(BadTargetError, match="nothing can be written in"):
            check_target(tmp_path / "rows.json")


def _without_links(*_args: object) -> None:
    raise PermissionError("Operation not permitted")


def _interrupted(*_args: object) -> None:
    raise KeyboardInterrupt
