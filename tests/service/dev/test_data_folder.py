import socket
from pathlib import Path

import pytest

from service.dev.data_folder import DataFolder, FolderHeldError
from service.dev.ports import LOOPBACK, PORTS


def test_secrets_are_made_once_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)

    first, second = folder.secrets(), DataFolder(tmp_path).secrets()

    assert first == second
    assert first["JWT_SECRET"] != first["SECRET_KEY"]
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


def test_the_callers_own_secret_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", "mine")

    assert DataFolder(tmp_path).secrets()["JWT_SECRET"] == "mine"


def test_a_folder_is_held_by_one_stack_at_a_time(tmp_path: Path) -> None:
    with (
        DataFolder(tmp_path).held(),
        pytest.raises(FolderHeldError, match="using"),
        DataFolder(tmp_path).held(),
    ):
        pass

    with DataFolder(tmp_path).held():
        pass


def test_what_a_running_stack_was_told_can_be_found_by_its_owner_only(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)

    with folder.held(), folder.told({"PORT": "8123", "REDIS_URL": "redis://r", "HOME": "/root"}):
        found = DataFolder(tmp_path).running()
        private = (tmp_path / "running").stat().st_mode & 0o077 == 0

    assert found == {"PORT": "8123", "REDIS_URL": "redis://r"}
    assert private
    assert folder.running() == {}


def test_what_a_killed_stack_left_behind_is_not_believed(tmp_path: Path) -> None:
    with DataFolder(tmp_path).held():
        pass
    (tmp_path / "running").write_text("PORT=1\n")

    assert DataFolder(tmp_path).running() == {}
    assert DataFolder(tmp_path / "nowhere").running() == {}


def test_the_sandbox_keeps_its_port_unless_somebody_took_it(tmp_path: Path) -> None:
    first = DataFolder(tmp_path).sandbox_port()

    assert DataFolder(tmp_path).sandbox_port() == first
    with socket.create_server((LOOPBACK, first)):
        assert DataFolder(tmp_path).sandbox_port() != first


def test_a_broken_note_of_the_sandbox_port_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / "sandbox").write_text("PORT=22")

    assert DataFolder(tmp_path).sandbox_port() in PORTS
