"""Whether nothing holds an object any more."""

import gc
import time
import weakref


def collected(gone: weakref.ref, patience_s: float = 10) -> bool:
    """Collect garbage until the object is gone; False where it is still there after `patience_s`.

    Once is not enough: while another thread collects, `gc.collect()` returns at once with nothing done.
    """
    end = time.monotonic() + patience_s
    while gone() is not None and time.monotonic() < end:
        gc.collect()
        time.sleep(0.01)
    return gone() is None
