"""Programs for machines that are not here: what they are called, and the process in which XLA compiles for them."""
