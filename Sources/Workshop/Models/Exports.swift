// Whoever loads a model computes with it.
@_exported public import FoxTransformer
