"""Whether a package that an entry needs is there."""

from __future__ import annotations

from importlib.util import find_spec


def missing(module: str, package: str) -> str | None:
    """Return in a sentence that a package is not installed, or None where it is; it is not imported.

    Args:
      module: what is imported, such as "sklearn".
      package: what is installed, such as "scikit-learn".
    """
    return None if find_spec(module) else f"It needs {package}, which is not installed: pip install {package}."
