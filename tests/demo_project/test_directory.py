"""DEMO_DIR: made for this user alone, and one clear line where it can't be."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from demo_project.directory import (
    load_secret_key,
    prepare_directory,
    recorded_valkey,
    running_valkey,
)


class TestPrepareDirectory:
    def test_missing_directory_is_made_private(self, tmp_path: Path) -> None:
        """It will hold private keys."""
        directory = prepare_directory(tmp_path / "new" / "demo")

        assert stat.S_IMODE(directory.stat().st_mode) == 0o700

    def test_file_is_refused_by_name(self, tmp_path: Path) -> None:
        """A mistyped DEMO_DIR must not end in a traceback."""
        path = tmp_path / "file"
        path.touch()

        with pytest.raises(ImproperlyConfigured, match=f"{path}: not a directory"):
            prepare_directory(path)

    def test_directory_below_a_file_is_refused(self, tmp_path: Path) -> None:
        """The same mistake, one level up."""
        (tmp_path / "file").touch()

        with pytest.raises(ImproperlyConfigured, match="set it to another directory"):
            prepare_directory(tmp_path / "file" / "demo")


class TestLoadSecretKey:
    def test_key_is_made_once_and_private(self, tmp_path: Path) -> None:
        """A second start must not end every session, and nobody else may read it."""
        first = load_secret_key(tmp_path)

        assert load_secret_key(tmp_path) == first
        assert len(first) >= 50
        assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]

    def test_processes_that_start_at_once_read_one_key(self, tmp_path: Path) -> None:
        """Server and worker load the settings at about the same time."""
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(load_secret_key, [tmp_path] * 32))

        assert len(keys) == 1

    def test_key_file_that_is_a_directory_is_refused(self, tmp_path: Path) -> None:
        """Whatever is wrong there, the line names the path."""
        (tmp_path / "secret_key").mkdir()

        with pytest.raises(ImproperlyConfigured, match="secret_key: Is a directory"):
            load_secret_key(tmp_path)


class TestRunningValkey:
    def test_address_is_on_record_while_the_demo_runs(self, tmp_path: Path) -> None:
        """`manage.py` in another terminal must reach the same server."""
        with recorded_valkey(tmp_path, "unix:///tmp/v/s?db=0"):
            assert running_valkey(tmp_path) == "unix:///tmp/v/s?db=0"

        assert "no-valkey-is-running" in running_valkey(tmp_path)
        assert list(tmp_path.iterdir()) == []
