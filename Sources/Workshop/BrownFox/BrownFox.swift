/// # All of it, by one name
///
/// `import BrownFox` brings the ten chapters of the Book, and of the Workshop what loads a model and
/// works with it: folders of checkpoints, every file a tokenizer comes in, searches, the trainer. Whoever
/// loads a model through it computes with the kernels; no call is needed.
///
/// Nothing is declared here. Modules are named `Fox…`, so that a program may also depend on packages with
/// modules such as `Hub`, `Tokenizers` or `Metrics` (SPEC `LIB-1`, `LIB-6`). Who wants the search or the
/// plain tokenizers alone, without OpenBLAS, imports `FoxDecoding` or `FoxTokenizers`.
@_exported public import FoxAugmentation
@_exported public import FoxData
@_exported public import FoxDecoding
@_exported public import FoxHomework
@_exported public import FoxMetrics
@_exported public import FoxModels
@_exported public import FoxNumbers
@_exported public import FoxSearch
@_exported public import FoxTokenizers
@_exported public import FoxTrainer
@_exported public import FoxTraining
@_exported public import FoxTransformer
@_exported public import FoxTries
@_exported public import FoxWeights
