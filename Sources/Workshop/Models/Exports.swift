// Whoever loads a model computes with it: with the chapter's parts, and with kernels.
@_exported public import FoxKernels
@_exported public import FoxTransformer
