// The questions use nearly every room below this one. So the list stands here once, for all files, and
// whoever imports the questions has what their answers are made of.
@_exported import Foundation
@_exported import FoxData
@_exported import FoxDecoding
@_exported import FoxEngines
@_exported import FoxFiles
@_exported import FoxFormats
@_exported import FoxGLUE
@_exported import FoxHomework
@_exported import FoxKernels
@_exported import FoxMetrics
@_exported import FoxModels
@_exported import FoxSearch
@_exported import FoxTables
@_exported import FoxTrainer
@_exported import FoxTries
