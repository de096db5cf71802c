"""What XLA's passes do, one sentence each, in words that need no knowledge of XLA.

They were found in dumps of XLA's compilers for CPU, NVIDIA GPU and TPU, of jax 0.10 to 0.12.
"""

from explorer.compiler.passes.meanings.arranging import ARRANGING
from explorer.compiler.passes.meanings.devices import DEVICES
from explorer.compiler.passes.meanings.fusing import FUSING
from explorer.compiler.passes.meanings.gpu import GPU
from explorer.compiler.passes.meanings.loops import LOOPS
from explorer.compiler.passes.meanings.numbers import NUMBERS
from explorer.compiler.passes.meanings.rewriting import REWRITING
from explorer.compiler.passes.meanings.simplifying import SIMPLIFYING
from explorer.compiler.passes.meanings.tpu import TPU

MEANINGS = SIMPLIFYING | REWRITING | FUSING | ARRANGING | LOOPS | NUMBERS | DEVICES | GPU | TPU
