"""The memory of one call: what lives when, what the backward pass keeps, and what would save some."""
