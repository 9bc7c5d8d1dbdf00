"""What made a recorded file, written beside it: `rates.csv` has `rates.csv.json`.

A manifest is a JSON object. `files` names each file that it answers for, with its SHA-256, and for a table
the rows and columns that it claims; the rest says how to make them again: `command`, `notebook`, `grid`,
`versions` (with the hash of the library's own content, since a version stands for many commits), `threads`
(what OMP_NUM_THREADS or PyTorch said), `data` (hashes by name) and `when`. What is not known is null, and
`note` says why.

This module needs nothing but Python: a sweep has its text executed in the kernel that does a run.
"""

import contextlib
import csv
import datetime
import hashlib
import importlib.metadata
import importlib.util
import io
import itertools
import json
import sys
from pathlib import Path
from typing import Any

#: The packages that a result may depend on, beside Python and s6lib.
PACKAGES = ("numpy", "papermill", "torch")


def versions() -> dict[str, str]:
    """What a result may depend on, by name. A package that is not installed is left out.

    `s6lib_sha256` is the hash of the library's content: two commits of one version differ by it.
    """
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    spec = importlib.util.find_spec("s6lib")
    if spec and spec.origin:
        found["s6lib"] = importlib.import_module("s6lib").__version__
        found["s6lib_sha256"] = content_hash(Path(spec.origin).parent)
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def content_hash(folder: Path) -> str:
    """SHA-256 of the code in a package: names and bytes of its files, without recorded results and hidden
    files."""
    total = hashlib.sha256()
    for path in sorted(
        path for path in folder.rglob("*") if path.suffix in (".py", ".js", ".css", ".mplstyle")
    ):
        name = path.relative_to(folder).as_posix()
        if (
            path.is_file() and not name.startswith(("recorded/", ".")) and "/." not in name
        ):  # editors leave locks and copies
            total.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def now() -> str:
    """The time as a manifest tells it: UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def beside(path: str | Path) -> Path:
    """Where the manifest of the file `path` lies."""
    path = Path(path)
    return path.with_name(f"{path.name}.json")


def describe(name: str, content: bytes) -> dict[str, Any]:
    """What a manifest says of a file with the bytes `content`: its hash, and a CSV table's rows and
    columns."""
    said = {"sha256": hashlib.sha256(content).hexdigest()}
    if Path(name).suffix.lower() == ".csv":
        lines = io.StringIO(content.decode("utf-8"), newline="")
        csv.field_size_limit(2**31 - 1)  # a recorded text may be as long as it likes
        header, *rows = csv.reader(itertools.dropwhile(lambda line: line.startswith("#"), lines))
        said |= {"rows": len(rows), "columns": header}
    return said


def text(files: dict[str, bytes], **about: Any) -> bytes:
    """The manifest of `files`, {name: bytes}, as the bytes to be written; `about` is what made them."""
    said = about | {"files": {name: describe(name, content) for name, content in files.items()}}
    written = json.dumps(said, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return written.encode(errors="backslashreplace")  # a path need not be text


def write(path: str | Path, **about: Any) -> None:
    """Write the manifest of the file `path` as it now is beside it; `about` is what made it, here and now."""
    from s6lib import files

    path = Path(path)
    files.replace(
        beside(path), text({path.name: path.read_bytes()}, when=now(), versions=versions(), **about)
    )


def faults(folder: str | Path) -> list[str]:
    """What is wrong with the records in `folder`, a list of lines; empty where each file is what its
    manifest says."""
    folder, answered, wrong = Path(folder), {}, []
    for path in sorted(folder.glob("*.json")):
        for name, said in json.loads(path.read_text(encoding="utf-8")).get("files", {}).items():
            if name in answered:
                wrong.append(f"{name}: answered for by {answered[name]} and by {path.name}")
            answered[name] = path.name
            if not (folder / name).is_file():
                wrong.append(f"{name}: is not there; {path.name} answers for it")
            elif said != (found := describe(name, (folder / name).read_bytes())):
                differs = next(key for key in found | said if found.get(key) != said.get(key))
                if "rows" in found and said.get("rows") != found["rows"]:
                    differs = "rows"
                wrong.append(
                    f"{name}: its {differs} {found.get(differs)!r} is not what {path.name} says, "
                    f"{said.get(differs)!r}"
                )
    for path in sorted(folder.iterdir()):
        if path.name not in answered and path.suffix != ".json":
            wrong.append(f"{path.name}: no manifest answers for it")
    return wrong
