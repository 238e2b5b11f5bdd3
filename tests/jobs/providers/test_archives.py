"""Unpacking uploaded projects: whole, bounded, and never outside."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from jobs.errors import Discard
from jobs.providers import archives
from jobs.providers.archives import unpack

FILES = {"app.json": b"{}", "src/index.js": b"main()"}
LIMIT = 100_000


def tar(files: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def link(name: str, target: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = tarfile.SYMTYPE, target
        archive.addfile(member)
    return packed.getvalue()


@pytest.mark.parametrize(
    "data",
    [tar(FILES), tar(FILES, "w"), tar(FILES, "w:xz"), tar(FILES, "w:bz2"), zipped(FILES)],
    ids=["tgz", "tar", "xz", "bz2", "zip"],
)
def test_a_project_is_unpacked(data: bytes, tmp_path: Path) -> None:
    assert unpack(data, str(tmp_path), LIMIT) == str(tmp_path)

    assert {n: (tmp_path / n).read_bytes() for n in FILES} == FILES


@pytest.mark.parametrize("pack", [tar, zipped])
def test_a_project_in_one_folder_is_that_folder(pack: object, tmp_path: Path) -> None:
    inside = {f"garden-1.4/{name}": data for name, data in FILES.items()}
    data = pack(inside)  # type: ignore[operator]

    assert unpack(data, str(tmp_path), LIMIT) == str(tmp_path / "garden-1.4")


@pytest.mark.parametrize(
    "data",
    [
        tar({"../evil": b"x"}),
        tar({"a/../../evil": b"x"}),
        link("a", "/etc/passwd"),
        link("a", "../../etc"),
    ],
    ids=["up", "up inside", "link to a file", "link up"],
)
def test_names_and_links_that_lead_out_are_refused(data: bytes, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()

    with pytest.raises(Discard) as caught:
        unpack(data, str(inner), LIMIT)

    assert caught.value.code == "unreadable"
    assert [path.name for path in tmp_path.iterdir()] == ["inner"]


@pytest.mark.parametrize(
    "data", [tar({"/evil": b"x"}), zipped({"/evil": b"x", "../evil": b"x"})], ids=["tar", "zip"]
)
def test_absolute_names_land_inside(data: bytes, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()

    unpack(data, str(inner), LIMIT)

    assert [path.name for path in tmp_path.iterdir()] == ["inner"]
    assert (inner / "evil").read_bytes() == b"x"


@pytest.mark.parametrize("pack", [tar, zipped])
def test_a_bomb_is_noticed_before_it_explodes(pack: object, tmp_path: Path) -> None:
    data = pack({"zeros": bytes(50 * LIMIT)})  # type: ignore[operator]

    with pytest.raises(Discard, match="unpacks to more than") as caught:
        unpack(data, str(tmp_path), LIMIT)

    assert caught.value.code == "too_large"
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 0


@pytest.mark.parametrize("pack", [tar, zipped])
def test_too_many_files_are_refused(
    pack: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_FILES", 1_000)
    data = pack({f"{number}": b"" for number in range(1_001)})  # type: ignore[operator]

    with pytest.raises(Discard, match="more than 1,000 files"):
        unpack(data, str(tmp_path), LIMIT)


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7 nothing"])
def test_another_file_is_no_archive(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(Discard, match="no ZIP or tar") as caught:
        unpack(data, str(tmp_path), LIMIT)

    assert caught.value.code == "wrong_type"


@pytest.mark.parametrize(
    "data", [tar(FILES)[:60], zipped(FILES)[:-30] + b"x" * 8], ids=["tar", "zip"]
)
def test_a_broken_archive_says_so(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(Discard) as caught:
        unpack(data, str(tmp_path), LIMIT)

    assert caught.value.code in {"unreadable", "wrong_type"}
