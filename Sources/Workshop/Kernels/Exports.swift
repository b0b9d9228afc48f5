// Kernels are for the types of the chapters: whoever has the one needs the others, and their faults.
@_exported public import FoxDecoding
@_exported public import FoxNumbers
