"""What XLA did, pass by pass: the dump, the differences, the figures, and a sentence for each pass."""
