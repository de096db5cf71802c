"""A program as a graph: operations, what flows between them, and repeated parts folded into one."""
