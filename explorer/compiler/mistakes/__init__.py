"""The mistakes that people make with JAX: each in plain words, with the person's line and what to write instead."""
