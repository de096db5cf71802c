"""The HLO texts that the tests read: of real compilers for CPU, GPU (H100) and TPU (v5e), and one written by hand."""

import gzip
from pathlib import Path

FOLDER = Path(__file__).parent / "hlo"


def text_of(path: Path) -> str:
    """Return the text of a file, packed or not."""
    return (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()


TEXTS = {path.name.partition(".")[0]: text_of(path) for path in sorted(FOLDER.glob("*.txt*"))}
