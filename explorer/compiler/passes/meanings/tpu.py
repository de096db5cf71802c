"""Passes of the compiler for TPUs alone."""

TPU = {
    "ConvolutionTypeCanonicalizer": "Gives convolutions the dtypes that the matrix unit computes in.",
    "TpuConvolutionTypeCanonicalizer": "Gives convolutions and matrix products the dtypes that the matrix unit "
    "computes in.",
    "convolution-folding": "Puts pads and reversals into the convolution that uses them.",
    "convolution_folding": "Puts transposes and pads into the convolution or matrix product that uses them.",
    "dot_canonicalizer": "Writes matrix products in the form that the matrix unit takes.",
    "space-to-batch-converter": "Reshapes convolutions with small batches, so that the matrix unit is fuller.",
    "gather_optimizer": "Chooses how gathers run on the TPU.",
    "tpu-associative-scan-rewriter": "Writes an associative scan in the form that the TPU handles.",
    "tpu-broadcast-rewriter": "Writes broadcasts in the form that the vector unit does well.",
    "tpu-call-inliner": "Puts the bodies of called functions in place of the calls.",
    "tpu-copy-normalizer": "Gives copies their one standard form.",
    "tpu-embedding-thread-annotator": "Notes which part runs on the cores for embeddings (SparseCore).",
    "tpu_embedding_async_wrapper": "Lets what runs on the cores for embeddings run beside the rest.",
    "tpu-indexed-instruction-analyzer": "Looks at operations with computed positions, to choose how they run.",
    "tpu-reduce-rewriter": "Writes reductions in the form that the vector unit does well.",
    "tpu-reduce-window-rewriter": "Writes sliding sums in the form that the vector unit does well.",
    "tpu-rng-bit-decompose-tuple": "Takes random bits apart into plain arrays.",
    "tpu_cholesky_expander": "Writes a Cholesky decomposition as blocks for the matrix unit.",
    "tpu_qr_expander": "Writes a QR decomposition as blocks for the matrix unit.",
    "tpu_triangular_solve_expander": "Writes triangular solves as blocks for the matrix unit.",
    "tpu_hlo_support_checker": "Checks that the TPU can run every operation; changes nothing.",
    "tpu_scatter_gather_normalizer": "Gives gathers and scatters the one form that the TPU handles.",
    "tpu_scatter_gather_optimizer": "Chooses how gathers and scatters run on the TPU.",
    "tiling_propagation": "Decides in which tiles arrays lie in memory, from one operation to the next.",
    "tiling_conversion_copy_insertion": "Adds copies where two operations want other tiles.",
    "decomposing_tiling_conversion_copy_insertion": "Adds copies where two operations want other tiles, in parts that "
    "cost less.",
    "rename-tensor-core-fusion-ops": "Gives fusions for the main cores (TensorCore) their final names.",
    "plumb-vmem-info": "Hands what is known of the fast memory on the chip (VMEM) to later passes.",
}
