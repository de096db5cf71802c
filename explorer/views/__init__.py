"""What is drawn: records in, pixels and commands out. Nothing here imports jax."""
