"""Files that are whole or not there: written beside their place, flushed, and renamed into it."""

import os
from pathlib import Path


def replace(path, content):
    """Write the bytes `content` to `path` so that a reader finds the old file or the new one.

    Power loss or SIGKILL at any moment leaves `path` as it was before or as it is after. Raises
    OSError naming `path` if that fails (disk full, no permission); the old file then still stands.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.part")  # one name, so that a killed run leaves one file at most
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        _sync_folder(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        kept = "the one saved before is untouched" if path.exists() else "nothing was left there"
        raise OSError(error.errno, f"{error.strerror} while saving; {kept}", str(path)) from error


def _sync_folder(folder):
    """Make the new name last, where the system lets a folder be opened (Windows does not)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
