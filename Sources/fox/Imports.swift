// The program uses every room. So the list stands here once, and not at the head of each file. Only two
// rooms are imported where they are used: names of theirs stand for other things elsewhere.
@_exported import ArgumentParser
@_exported import CFoxVersion
@_exported import Foundation
@_exported import FoxData
@_exported import FoxDecoding
@_exported import FoxEngines
@_exported import FoxFiles
@_exported import FoxFormats
@_exported import FoxGLUE
@_exported import FoxHomework
@_exported import FoxHub
@_exported import FoxKernels
@_exported import FoxMetrics
@_exported import FoxModels
@_exported import FoxParallel
@_exported import FoxQuestions
@_exported import FoxSearch
@_exported import FoxTables
@_exported import FoxTrainer
@_exported import FoxTries
@_exported import FoxWeights
@_exported import Synchronization
