"""The command line: python -m s6lib.worksheet --help"""

import argparse
import re
import sys

from s6lib import toy


def main(argv=None):
    """Returns 0, or 1 if a file could not be saved and 2 if refused; of `check` what that returns."""
    for stream in (sys.stdout, sys.stderr):  # a file's name may have letters that a console lacks
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if argv is None else list(argv)
    if words[:1] == ["check"]:
        from s6lib.worksheet import command

        return command.main(words[1:])
    parser = _parser()
    arguments = parser.parse_args(words)
    if not (arguments.out or arguments.csv):
        parser.error("nothing to write; takes --out, --csv or both")
    try:
        numbers = {
            name: getattr(arguments, name)
            for name in ("weights", "inputs", "targets", "learning_rate", "steps")
        }
        from s6lib import worksheet

        for option, path, suffix in (("--out", arguments.out, ".xlsx"), ("--csv", arguments.csv, ".csv")):
            if path and not path.lower().endswith(suffix):
                raise ValueError(f"{option}: got {path!r}; takes a name that ends in {suffix}")
        for path in filter(None, (arguments.out, arguments.csv)):
            print(worksheet.write(path, **numbers))
    except (ValueError, TypeError, ModuleNotFoundError, FloatingPointError) as error:
        parser.error(str(error))
    except OSError as error:
        print(f"worksheet: {error}", file=sys.stderr)
        return 1
    return 0


class _Parser(argparse.ArgumentParser):
    # Values such as -1e-3 are no options; argparse by itself knows only -1 and -0.001.
    def __init__(self, **settings):
        super().__init__(**settings)
        self._negative_number_matcher = re.compile(r"-[\d.]")

    def error(self, message):
        self.exit(2, f"worksheet: {message}; --help says more\n")


def _parser():
    parser = _Parser(
        prog="python -m s6lib.worksheet",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Write the network as a spreadsheet in which every number is a formula, one row a step.",
        epilog="""\
The workbook has the network, six learning rates in one chart, a check of each gradient, and a puzzle.
It works in Excel, LibreOffice and Google Sheets. Nothing is ever overwritten.

Exit code: 0 written, 1 it could not be saved, 2 refused.

Examples:
  python -m s6lib.worksheet --out worksheet.xlsx
  python -m s6lib.worksheet --out fast.xlsx --csv fast.csv --learning-rate 2 --steps 67
  python -m s6lib.worksheet check homework/*.xlsx     (check --help says more)""",
    )
    parser.add_argument("--out", metavar="FILE.xlsx", help="where the workbook goes")
    parser.add_argument("--csv", metavar="FILE.csv", help="where its numbers alone go, without formulas")
    parser.add_argument("--steps", type=_whole, default=100, metavar="N", help="how many (default: 100)")
    parser.add_argument(
        "--learning-rate", type=_number, default=0.5, metavar="RATE", help="of the first sheet (default: 0.5)"
    )
    for name, what, usual in (
        ("weights", "w1 to w8 at the start", toy.WEIGHTS),
        ("inputs", "i1 and i2", toy.INPUTS),
        ("targets", "t1 and t2", toy.TARGETS),
    ):
        usual = usual.ravel().tolist()
        said = " ".join(map(str, usual))
        parser.add_argument(
            f"--{name}",
            type=_number,
            nargs=len(usual),
            default=usual,
            metavar="X",
            help=f"{what} (default: {said})",
        )
    return parser


def _number(text):
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; takes a number, such as 0.5") from None


def _whole(text):
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; takes a whole number, such as 100") from None


if __name__ == "__main__":
    sys.exit(main())
