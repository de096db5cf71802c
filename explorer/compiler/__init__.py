"""What JAX and XLA make of a function: the stages, their sources, their cost, and where numbers go bad."""
