"""What XLA made of a program below HLO: LLVM IR and machine code, kernel by kernel."""
