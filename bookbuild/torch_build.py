"""Which build of PyTorch the environment has, in a line for `make env` to say: that for graphics cards is
larger by 4 GB.

Read from PyTorch's own files, since to import it takes seconds.
"""

import importlib.util
import runpy
from pathlib import Path

CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def line(version, cuda):
    """What to say of a version of PyTorch that was built with this CUDA; None is without."""
    version = version.partition("+")[0]
    if cuda is None:
        return f"PyTorch {version}: the build without CUDA"
    return (
        f"PyTorch {version}: the build for graphics cards (CUDA {cuda}); "
        f"PIP_EXTRA_INDEX_URL={CPU_INDEX} leaves it out of a new environment"
    )


if __name__ == "__main__":
    about = runpy.run_path(str(Path(importlib.util.find_spec("torch").origin).with_name("version.py")))
    print(line(about["__version__"], about["cuda"]))
