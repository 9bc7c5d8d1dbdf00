"""What a reader has answered in the chapters: listed, taken along as a file, brought back, deleted."""

from s6lib.widgets.base import Checked, Widget, front_end
from s6lib.widgets.question.bank import BANK
from s6lib.words import t


def _names(name, value):
    if not isinstance(value, (list, tuple)) or not all(isinstance(each, str) for each in value):
        raise TypeError(f"{name}: got {value!r}; takes a list of names of chapters")
    return list(value)


class Progress(Widget):
    """The chapters with what was answered in each. It is kept on the reader's device, and goes nowhere.

    chapters : their names, as in the table of contents; all of them where it is left out

    Raises TypeError for what is not a list of names.
    """

    NAME, STATE = "progress", ("chapters",)
    _esm = front_end("progress")

    chapters = Checked(list(BANK), _names)

    def _still(self):
        said = t("What you answer in the chapters is kept on your device alone, and listed here.")
        return f"<p>{said}</p>"
