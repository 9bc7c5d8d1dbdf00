"""The command line: python -m s6lib.worksheet --help"""

import sys

from s6lib.worksheet import command

if __name__ == "__main__":
    sys.exit(command.main(sys.argv[2:]))
