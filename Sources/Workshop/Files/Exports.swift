// JSON, mapped files and keys by bytes were this room's until they became the Book's. Whoever imports
// this room goes on finding them here, and the faults that they and this room throw.
@_exported public import FoxWeights

@_exported public import struct FoxDecoding.Fault
