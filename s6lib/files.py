"""Files that are whole or not there: written beside their place, flushed, and renamed into it."""

import errno
import os
from pathlib import Path


def replace(path: str | Path, content: bytes) -> None:
    """Write the bytes `content` to `path` so that a reader finds the old file or the new one.

    Power loss or SIGKILL at any moment leaves `path` as it was before or as it is after. Raises
    OSError naming `path` if that fails (disk full, no permission); the old file then still stands.
    """
    _write(Path(path), content, os.replace)


def create(path: str | Path, content: bytes) -> None:
    """Write the bytes `content` to a new file `path`, which appears whole or not at all.

    Raises FileExistsError if there is one already, and OSError as `replace` does.
    """
    _write(Path(path), content, _place)


def discard_part(path: str | Path) -> None:
    """Remove what a `replace` or `create` of `path` that was killed may have left beside it."""
    _part(Path(path)).unlink(missing_ok=True)


def _part(path):
    return path.with_name(f".{path.name}.part")  # one name, so that a killed run leaves one file at most


def _write(path, content, put):
    part = _part(path)
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        put(part, path)
        _sync_folder(path.parent)
    except FileExistsError:
        raise FileExistsError(errno.EEXIST, "exists, and was left alone", str(path)) from None
    except OSError as error:
        kept = "the one saved before is untouched" if path.exists() else "nothing was left there"
        raise OSError(error.errno, f"{error.strerror} while saving; {kept}", str(path)) from error
    finally:
        part.unlink(missing_ok=True)


def _place(part, path):
    """Rename that refuses to replace."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        os.rename(part, path)


def _sync_folder(folder):
    """Make the new name last, where the system lets a folder be opened (Windows does not)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
