"""Passes about dtypes and precision."""

NUMBERS = {
    "change-op-data-type": "Lets chosen operations compute in another dtype that is faster on this device.",
    "float-normalization-bf16": "Computes in float32 what the device cannot compute in bfloat16, with conversions.",
    "float-normalization-f8e5m2": "Computes in a wider dtype what the device cannot compute in 8-bit floats.",
    "float_normalization": "The passes that compute in a wider dtype what the device cannot in the given one.",
    "float-type-correction": "Corrects dtypes where operands and results must agree.",
    "bfloat16-fold": "Lets operations read and write bfloat16 themselves, in place of conversions around them.",
    "bfloat16-propagation": "Keeps values in bfloat16 where nothing would notice, to save memory.",
    "convert_operand_folding": "Lets an operation read an operand of a narrower dtype, in place of a conversion.",
    "convolution_precision_reducer": "Lowers the precision of convolutions where the program allows it.",
    "xprecision-rewriter": "Writes products of high precision as several in bfloat16.",
    "SetupCompileTimeHelpfulBackendConfigInfo": "Notes on the instructions what later passes of this compiler need.",
}
