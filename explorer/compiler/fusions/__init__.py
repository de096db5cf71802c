"""Which operations XLA fused into one kernel, which it kept apart, and the reason that it recorded."""
