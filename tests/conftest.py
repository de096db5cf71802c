"""Where there is no accelerator, JAX is not to look for one: the compilers for other machines, which the tests use too,
would make it look for a TPU and print that there is none."""

import os
from pathlib import Path

if not any(list(Path("/dev").glob(name)) for name in ("nvidia[0-9]*", "accel*", "vfio", "kfd")):
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
