"""Project folders: the operator's by org and name, a state of one by git, and nothing left over."""

import asyncio
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from jobs.errors import Discard, NotConfigured
from jobs.providers.build_projects import PREFIX, BuildProjects
from jobs.settings import JobsSettings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("acme/garden", "other/secret", "_shared/sample", "acme/_hidden"):
        (tmp_path / "projects" / folder).mkdir(parents=True)
    return tmp_path / "projects"


@pytest.fixture
def projects(root: Path) -> BuildProjects:
    return BuildProjects(JobsSettings(eas_projects=str(root)))


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    told = subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return told.stdout.strip()


@pytest.fixture
def history(root: Path) -> Path:
    """Give a project with two states, the first tagged, and a branch that is checked out nowhere."""
    folder = root / "acme" / "garden"
    git(folder, "init", "--quiet", "--initial-branch", "main")
    for version in ("1.0", "2.0"):
        (folder / "app.json").write_text(version)
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", version)
        git(folder, "tag", f"v{version}")
    git(folder, "branch", "feature/old", "v1.0")
    return folder


def test_an_org_has_its_own_projects_and_the_shared_ones(
    projects: BuildProjects, root: Path
) -> None:
    assert projects.find("acme", "garden") == root / "acme" / "garden"
    assert projects.find("acme", "sample") == root / "_shared" / "sample"


@pytest.mark.parametrize(
    ("org", "name"),
    [
        ("acme", "secret"),
        ("acme", "_hidden"),
        ("acme", ".."),
        ("acme", "../other/secret"),
        ("..", "projects"),
        ("acme/../other", "secret"),
        ("_shared", "nothing"),
        ("", "acme"),
    ],
)
def test_no_other_folder_is_a_project(projects: BuildProjects, org: str, name: str) -> None:
    with pytest.raises(Discard) as caught:
        projects.find(org, name)

    assert caught.value.code == "not_found"


def test_without_a_folder_for_them_projects_are_not_configured() -> None:
    with pytest.raises(NotConfigured, match="EAS_PROJECTS"):
        BuildProjects(JobsSettings()).find("acme", "garden")


@pytest.mark.parametrize("ref", ["v1.0", "feature/old", "HEAD~1"])
async def test_a_state_of_a_project_is_a_copy_that_leaves_the_project_alone(
    projects: BuildProjects, history: Path, ref: str
) -> None:
    async with projects.workspace() as workspace:
        folder, commit = await projects.state(history, ref, workspace)
        found = (folder / "app.json").read_text()

    assert found == "1.0"
    assert commit == git(history, "rev-parse", "v1.0")
    assert (history / "app.json").read_text() == "2.0"
    assert git(history, "status", "--porcelain") == ""
    assert not workspace.exists()


@pytest.mark.parametrize("ref", ["nothing", "--all", "v1.0 v2.0", ""])
async def test_an_unknown_ref_is_final(projects: BuildProjects, history: Path, ref: str) -> None:
    async with projects.workspace() as workspace:
        with pytest.raises(Discard) as caught:
            await projects.state(history, ref, workspace)

    assert caught.value.code == "not_found"


async def test_a_project_without_git_has_no_refs(projects: BuildProjects, root: Path) -> None:
    async with projects.workspace() as workspace:
        with pytest.raises(Discard) as caught:
            await projects.state(root / "acme" / "garden", "main", workspace)

    assert caught.value.code == "no_refs"


async def test_a_workspace_is_gone_after_a_cancellation(projects: BuildProjects) -> None:
    there = asyncio.Event()
    found: list[Path] = []

    async def work() -> None:
        async with projects.workspace() as workspace:
            (workspace / "file").write_text("text")
            found.append(workspace)
            there.set()
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await there.wait()
    working.cancel()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working

    assert not found[0].exists()


async def test_what_killed_workers_left_is_removed_after_two_days(
    projects: BuildProjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, new = tmp_path / f"{PREFIX}old", tmp_path / f"{PREFIX}new"
    for folder in (old, new, tmp_path / "another"):
        folder.mkdir()
        (folder / "file").write_text("text")
    for folder in (old, tmp_path / "another"):
        os.utime(folder, (0, 0))

    async with projects.workspace() as workspace:
        there = workspace.is_dir()

    assert there
    assert not old.exists()
    assert (new / "file").exists()
    assert (tmp_path / "another" / "file").exists()
