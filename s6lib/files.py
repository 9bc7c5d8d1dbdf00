"""Files that are whole or not there: written beside their place, flushed, and renamed into it."""

import contextlib
import errno
import os
import re
import secrets
import time
from pathlib import Path

#: Seconds after which what was written beside a file is taken for that of a run that was killed.
STALE = 3600


def replace(path: str | Path, content: bytes) -> None:
    """Write the bytes `content` to `path` so that a reader finds the old file or the new one.

    Power loss or SIGKILL at any moment leaves `path` as it was before or as it is after, and so do several
    processes that write to it: the last one counts. Raises OSError naming `path` if that fails (disk full, no
    permission); the old file then still stands.
    """
    _write(Path(path), content, os.replace)


def create(path: str | Path, content: bytes) -> None:
    """Write the bytes `content` to a new file `path`, which appears whole or not at all.

    Raises FileExistsError if there is one already, and OSError as `replace` does.
    """
    _write(Path(path), content, _place)


def discard_part(path: str | Path) -> None:
    """Remove what each `replace` or `create` of `path` has beside it, whether it was killed or goes on."""
    _discard_parts(Path(path), 0)


def _discard_parts(path, age):
    """Remove the parts of `path` that are older than so many seconds."""
    own = re.compile(rf"\.{re.escape(path.name)}\.([0-9a-f]{{8}}\.)?part")
    for each in path.parent.iterdir():
        if own.fullmatch(each.name):
            with contextlib.suppress(OSError):  # another process's, or somebody else's
                if time.time() - each.stat().st_mtime >= age:
                    each.unlink()


def _write(path, content, put):
    # Of its own, for another process may write to the same path.
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        _discard_parts(path, STALE)
        with open(part, "xb") as file:
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
