"""Passes of the compiler for NVIDIA GPUs alone."""

GPU = {
    "autotuner": "Tries ways to compute each matrix product and fusion on the GPU, and takes the fastest; without a "
    "GPU it takes a default.",
    "convert_triton_gemm_config": "Sets the blocks in which Triton computes a matrix product.",
    "conv-rewriter": "Exchanges convolutions for calls of cuDNN.",
    "cudnn-custom-call-converter": "Writes calls of cuDNN in the form that is compiled.",
    "cudnn-fused-convolution-rewriter": "Lets cuDNN add a bias and apply an activation with the convolution.",
    "cublas-gemm-broadcast-folding-rewriter": "Lets cuBLAS read one operand for a whole batch, without copying it.",
    "cublas-pad-for-gemms": "Pads matrices to sizes that cuBLAS computes faster.",
    "splitk-rewriter": "Splits matrix products that sum over a long dimension, so that all of the GPU works on them.",
    "stream-attribute-annotator": "Notes on which stream of the GPU an operation runs.",
    "post-fusion_optimization": "Passes after fusion, mainly about communication.",
    "pre-fusion": "Passes just before fusion.",
}
