"""What a page offers to take away: a Sphinx extension that makes these files before pages are read.

They lie beside the chapters, where `{download}` looks for them, and are not recorded: each is made anew, the
same bytes every time.
"""

from pathlib import Path

from s6lib import files, worksheet

#: By their place in the sources.
MADE = {"book/worksheet.xlsx": worksheet.workbook}


def _make(app):
    for name, content in MADE.items():
        path, now = Path(app.srcdir) / name, content()
        if not path.exists() or path.read_bytes() != now:
            files.replace(path, now)


def setup(app):
    app.connect("builder-inited", _make)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
