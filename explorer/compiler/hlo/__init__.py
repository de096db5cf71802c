"""Reading HLO text: `reader.read` gives a `Module`, `printer.print_module` gives its text back, byte for byte."""
