"""A pasted program, run up to its first fault, and looked through for faults that raise nothing."""
