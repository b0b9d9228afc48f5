// swift-tools-version: 6.2
import PackageDescription

/// A chapter of the Book, in `Sources/Book`: knows only chapters before it.
func chapter(
  _ name: String, _ dependencies: [Target.Dependency] = [], tests: [Target.Dependency] = []
) -> [Target] {
  floor("Book", name, dependencies, resources: [], tests: tests)
}

/// A room of the Workshop, in `Sources/Workshop`: may know the whole Book.
func room(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [],
  tests: [Target.Dependency] = []
) -> [Target] {
  floor("Workshop", name, dependencies, resources: resources, tests: tests)
}

/// A folder of sources, and its tests in the folder of the same name below `Tests`.
func floor(
  _ floor: String, _ name: String, _ dependencies: [Target.Dependency], resources: [Resource],
  tests: [Target.Dependency] = []
) -> [Target] {
  [
    .target(
      name: "Fox\(name)", dependencies: dependencies, path: "Sources/\(floor)/\(name)",
      // What a room adds and what it does not do.
      exclude: floor == "Workshop" ? ["README.md"] : [], resources: resources),
    .testTarget(
      name: "Fox\(name)Tests",
      dependencies: [.byName(name: "Fox\(name)"), "TestSupport"] + dependencies + tests,
      path: "Tests/\(floor)/\(name)"),
  ]
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// The commit that is built, for `fox --version`; empty outside of a repository.
let commit =
  Context.gitInformation.map {
    String($0.currentCommit.prefix(8)) + ($0.hasUncommittedChanges ? "+" : "")
  } ?? ""

let libraries: [Target] = [
  .systemLibrary(
    name: "CFoxBLAS", path: "Sources/Workshop/CFoxBLAS", pkgConfig: "openblas",
    providers: [.apt(["libopenblas-dev"])]),
  .systemLibrary(
    name: "CFoxZlib", path: "Sources/Workshop/CFoxZlib", pkgConfig: "zlib",
    providers: [.apt(["zlib1g-dev"])]),
  // libcurl's options take values of any kind, which C alone can pass.
  .target(
    name: "CFoxCurl", path: "Sources/Workshop/CFoxCurl",
    linkerSettings: [.linkedLibrary("curl")]),
  .target(
    name: "CFoxKernels", path: "Sources/Workshop/CFoxKernels",
    exclude: ["README.md"],
    linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
  // Empty without the trait.
  .target(
    name: "CFoxMPI", path: "Sources/Workshop/CFoxMPI",
    cSettings: [.define("FOX_MPI", .when(traits: ["MPI"]))],
    linkerSettings: [.linkedLibrary("mpi", .when(traits: ["MPI"]))]),
  .target(
    name: "CFoxVersion", path: "Sources/Workshop/CFoxVersion",
    cSettings: [.define("FOX_COMMIT", to: "\"\(commit)\"")]),
]

// In the order of reading: each may import only what stands above it.
let book: [[Target]] = [
  chapter("Decoding"),
  chapter("Tokenizers", ["FoxDecoding"], tests: ["FoxTries"]),
  chapter("Numbers", ["FoxDecoding"], tests: ["FoxFiles", "FoxKernels"]),
  chapter("Weights", ["FoxDecoding", "FoxNumbers"]),
  chapter(
    "Transformer", ["FoxDecoding", "FoxNumbers"], tests: ["FoxFiles", "FoxFormats", "FoxModels"]),
  chapter(
    "Training", ["FoxDecoding", "FoxNumbers"], tests: ["FoxFiles", "FoxKernels", "CFoxKernels"]),
  chapter("Metrics", ["FoxDecoding"]),
  chapter("Data", ["FoxDecoding"]),
  chapter("Augmentation", ["FoxDecoding", "FoxData"]),
  chapter("Homework", ["FoxDecoding", "FoxMetrics", "FoxData", "FoxAugmentation"]),
]

let workshop: [[Target]] = [
  room("Files", ["FoxDecoding", "FoxWeights"]),
  room("Contract", ["FoxDecoding"]),
  room("Hub", ["FoxFiles", "CFoxCurl"]),
  room(
    "Kernels", ["FoxDecoding", "FoxNumbers", "CFoxKernels", "CFoxBLAS"], tests: ["FoxFiles"]),
  room(
    "Formats",
    [
      "FoxDecoding", "FoxWeights", "FoxFiles", "FoxNumbers", "FoxKernels", "CFoxKernels",
      "CFoxZlib",
    ]),
  room("Tries", ["FoxDecoding", "FoxFiles", "FoxTokenizers"]),
  room("Tables", ["FoxDecoding", "FoxData", "FoxFiles"], tests: ["FoxTries"]),
  room(
    "Models",
    ["FoxDecoding", "FoxFiles", "FoxKernels", "FoxFormats", "FoxTransformer"], tests: ["FoxTries"]),
  room(
    "Search",
    ["FoxDecoding", "FoxFiles", "FoxKernels", "FoxFormats", "FoxModels", "FoxTries", "CFoxKernels"]),
  room(
    "GLUE",
    [
      "FoxDecoding", "FoxMetrics", "FoxData", "FoxFiles", "FoxKernels", "FoxModels", "FoxTries",
      "FoxSearch", "FoxTables",
    ]),
  room(
    "Trainer",
    [
      "FoxDecoding", "FoxNumbers", "FoxTraining", "FoxMetrics", "FoxData", "FoxFiles",
      "FoxKernels", "FoxFormats", "FoxModels", "FoxTables", "FoxGLUE",
      "FoxTries",
    ]),
  room("Parallel", ["FoxDecoding", "FoxTrainer", "CFoxMPI"]),
  room(
    "Engines",
    [
      "FoxDecoding", "FoxMetrics", "FoxData", "FoxAugmentation", "FoxFiles", "FoxHub", "FoxKernels",
      "FoxTables", "FoxModels", "FoxTries",
    ]),
  room(
    "Questions",
    [
      "FoxDecoding", "FoxMetrics", "FoxData", "FoxAugmentation", "FoxHomework",
      "FoxFiles", "FoxKernels", "FoxFormats", "FoxModels", "FoxSearch", "FoxTries",
      "FoxTables", "FoxGLUE", "FoxEngines", "FoxTrainer",
    ]),
  room(
    "Pages",
    [
      "FoxDecoding", "FoxTokenizers", "FoxNumbers", "FoxWeights", "FoxTraining", "FoxFiles",
      "FoxContract",
    ],
    resources: ["book.css", "book.js", "merges.txt"].map { .embedInCode("Resources/\($0)") },
    // Its tests bind the book of a run that went wrong.
    tests: ["foxbook"]),
  room(
    "Report",
    [
      "FoxPages", "FoxFiles", "FoxModels", "FoxSearch", "FoxTries", "FoxTables", "FoxGLUE",
      "FoxEngines", "FoxTrainer", "FoxQuestions", "FoxKernels", "FoxHomework", "FoxDecoding",
    ],
    // In the code: a resource bundle would have to lie beside an installed program.
    resources: ["style.css", "script.js"].map { .embedInCode("Resources/\($0)") }),
]

let rooms: [Target] = Array((book + workshop).joined())

/// What `import BrownFox` is: the Book, and the rooms that load a model and work with it.
let umbrella: [Target] = [
  .target(
    name: "BrownFox",
    dependencies: [
      "FoxDecoding", "FoxTokenizers", "FoxNumbers", "FoxWeights", "FoxTransformer", "FoxTraining",
      "FoxMetrics", "FoxData", "FoxAugmentation", "FoxHomework", "FoxModels", "FoxSearch",
      "FoxTries", "FoxTrainer",
    ],
    path: "Sources/Workshop/BrownFox",
    exclude: ["README.md"]),
  .testTarget(
    name: "BrownFoxTests", dependencies: ["BrownFox", "TestSupport"],
    path: "Tests/Workshop/BrownFox"),
]

let everyRoom = rooms.filter { $0.type == .regular }
  .map { Target.Dependency.byName(name: $0.name) }

let programs: [Target] = [
  .executableTarget(name: "fox", dependencies: everyRoom + ["CFoxVersion", argumentParser]),
  // What `make bench` runs in turn with the reference; no product.
  .executableTarget(
    name: "foxbench", dependencies: everyRoom + [argumentParser], path: "Sources/Workshop/Bench",
    exclude: ["README.md"]),
  // What `make book` runs on the events of the tests; no product.
  .executableTarget(
    name: "foxbook", dependencies: ["FoxPages", "FoxContract", "FoxDecoding"],
    path: "Sources/Workshop/Bookbinder",
    exclude: ["README.md"]),
  .executableTarget(
    name: "foxfuzz",
    dependencies: [
      "FoxDecoding", "FoxTransformer", "FoxData", "FoxFiles", "FoxFormats", "FoxModels", "FoxTries",
      "FoxTables", "FoxEngines", "FoxTrainer", "FoxQuestions",
    ],
    path: "Sources/Workshop/Fuzz",
    exclude: ["README.md"]),
]

let tests: [Target] = [
  .target(
    name: "TestSupport",
    dependencies: [
      "CFoxZlib", "FoxContract", "FoxDecoding", "FoxFiles", "FoxFormats", "FoxKernels",
      "FoxModels", "FoxNumbers", "FoxWeights",
    ],
    path: "Tests/TestSupport"),
  .testTarget(name: "foxTests", dependencies: ["fox", "TestSupport"] + everyRoom),
  // The Swift of README.md, of Documentation and of the report, compiled and run.
  .testTarget(name: "GuideTests", dependencies: ["BrownFox", "TestSupport"] + everyRoom),
  .testTarget(name: "SpecTests", dependencies: ["TestSupport", "FoxContract"]),
]

/// What `make docs` alone needs: another build does not fetch it.
let documentation: [Package.Dependency] =
  Context.environment["FOX_DOCS"] == nil
  ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")]

let package = Package(
  name: "BrownFox",
  products: [
    .library(name: "BrownFox", targets: ["BrownFox"]),
    // Chapters that need nothing but Swift, for those who want no more: Exercises takes these two.
    .library(name: "FoxDecoding", targets: ["FoxDecoding"]),
    .library(name: "FoxTokenizers", targets: ["FoxTokenizers"]),
    .executable(name: "fox", targets: ["fox"]),
  ],
  traits: [
    .trait(name: "MPI", description: "Training in several processes, on one machine or many.")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ] + documentation,
  targets: libraries + rooms + umbrella + programs + tests,
  swiftLanguageModes: [.v6]
)
