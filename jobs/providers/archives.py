"""Unpacking an uploaded project: within limits, and never outside its folder. Runs in the process pool."""

import io
import tarfile
import zipfile
from pathlib import Path

from jobs.errors import Discard

MOST_FILES = 20_000


def unpack(data: bytes, folder: str, max_bytes: int) -> str:
    """Unpack a ZIP or (compressed) tar file below ``folder``; return the folder that is the project.

    Raises Discard for another file, a broken one, one too large, or one with names that lead out.
    """
    try:
        if zipfile.is_zipfile(io.BytesIO(data)):
            unpack_zip(data, Path(folder), max_bytes)
        else:
            unpack_tar(data, Path(folder), max_bytes)
    except (tarfile.FilterError, zipfile.BadZipFile, EOFError, OSError, RuntimeError) as error:
        raise Discard(f"The archive cannot be unpacked: {error}", code="unreadable") from error
    except tarfile.TarError as error:
        raise Discard("This is no ZIP or tar archive.", code="wrong_type") from error
    return str(project_in(Path(folder)))


def unpack_zip(data: bytes, folder: Path, max_bytes: int) -> None:
    """Unpack a ZIP file; its links become files (zipfile makes no links, and keeps names inside)."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        check_size(len(members), sum(member.file_size for member in members), max_bytes)
        archive.extractall(folder)  # noqa: S202 - checked above; zipfile keeps names inside


def unpack_tar(data: bytes, folder: Path, max_bytes: int) -> None:
    """Unpack a tar file one member at a time: a bomb is noticed before it is on the disk."""
    total = 0
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
        for count, member in enumerate(archive, 1):
            total += member.size
            check_size(count, total, max_bytes)
            archive.extract(member, folder, filter="data")


def check_size(count: int, total: int, max_bytes: int) -> None:
    """Raise Discard for more than may be unpacked."""
    if count > MOST_FILES:
        raise Discard(f"The archive has more than {MOST_FILES:,} files.", code="too_large")
    if total > max_bytes:
        raise Discard(f"The archive unpacks to more than {max_bytes:,} bytes.", code="too_large")


def project_in(folder: Path) -> Path:
    """Return the project's own folder: archives often have everything in one."""
    inside = [path for path in folder.iterdir() if path.name != "__MACOSX"]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
