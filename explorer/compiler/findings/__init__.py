"""What is worth knowing about a compiled program, most telling first. Each file that has a `find` adds one finding."""
