// Safetensors and the loading of parameters were this room's until they became the Book's. Whoever
// imports this room goes on finding them here.
@_exported public import FoxWeights
