"""What the words of the texts mean, in plain words: opcodes, primitives, attributes, dtypes, layouts."""
