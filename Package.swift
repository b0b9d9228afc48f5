// swift-tools-version: 6.1
import PackageDescription

// Rooms from the ground up: a room may import only rooms listed above it.
let package = Package(
  name: "BrownFox",
  products: [
    .library(
      name: "BrownFox",
      targets: [
        "Bytes", "Hub", "Tensors", "Checkpoints", "Tokenizers", "Datasets", "Layers", "GPT2",
        "BERT",
        "Decoding", "Metrics", "Training", "Augmentation", "Homework", "Report",
      ]),
    .executable(name: "fox", targets: ["fox"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "CKernels",
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .target(name: "Bytes"),
    .target(name: "Hub", dependencies: ["Bytes"]),
    .target(name: "Tensors", dependencies: ["Bytes", "CKernels", "COpenBLAS"]),
    .target(name: "Checkpoints", dependencies: ["Bytes", "CKernels", "CZlib", "Tensors"]),
    .target(name: "Tokenizers", dependencies: ["Bytes"]),
    .target(name: "Datasets", dependencies: ["Bytes"]),
    .target(name: "Layers", dependencies: ["Tensors"]),
    .target(name: "GPT2", dependencies: ["Layers", "Checkpoints"]),
    .target(name: "BERT", dependencies: ["Layers", "Checkpoints"]),
    .target(name: "Decoding", dependencies: ["GPT2", "Tokenizers"]),
    .target(name: "Metrics", dependencies: ["Decoding", "Datasets"]),
    .target(
      name: "Training",
      dependencies: ["CKernels", "GPT2", "BERT", "Datasets", "Metrics", "Tokenizers"]),
    .target(
      name: "Augmentation",
      dependencies: ["Bytes", "Hub", "Datasets", "Metrics", "BERT", "Tokenizers"]),
    .target(name: "Homework", dependencies: ["Augmentation", "Training"]),
    .target(
      name: "Report", dependencies: ["Homework"],
      // In the code: a resource bundle would have to lie beside an installed program.
      resources: [
        "page.html", "question.html", "explorer.html", "attention.html", "style.css", "script.js",
      ].map { .embedInCode("Resources/\($0)") }),
    .executableTarget(
      name: "fox",
      dependencies: [
        "Decoding", "Hub", "Datasets", "BERT", "Metrics", "Training", "Augmentation",
        "Homework", "Report",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    // What `make bench` runs in turn with the reference; no product.
    .executableTarget(
      name: "foxbench",
      dependencies: [
        "Decoding", "Training",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "foxfuzz", dependencies: ["Checkpoints"]),

    .target(
      name: "TestSupport", dependencies: ["Bytes", "Checkpoints"], path: "Tests/TestSupport"),
    .testTarget(name: "BytesTests", dependencies: ["Bytes", "TestSupport"]),
    .testTarget(name: "HubTests", dependencies: ["Hub", "TestSupport"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "TestSupport"]),
    .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "CZlib", "TestSupport"]),
    .testTarget(name: "TokenizersTests", dependencies: ["Tokenizers", "TestSupport"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "Tokenizers", "TestSupport"]),
    .testTarget(name: "LayersTests", dependencies: ["Layers", "TestSupport"]),
    .testTarget(name: "GPT2Tests", dependencies: ["GPT2", "Tokenizers", "TestSupport"]),
    .testTarget(name: "BERTTests", dependencies: ["BERT", "Tokenizers", "TestSupport"]),
    .testTarget(name: "DecodingTests", dependencies: ["Decoding", "TestSupport"]),
    .testTarget(name: "MetricsTests", dependencies: ["Metrics", "TestSupport"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "TestSupport"]),
    .testTarget(name: "AugmentationTests", dependencies: ["Augmentation", "TestSupport"]),
    .testTarget(name: "HomeworkTests", dependencies: ["Homework", "TestSupport"]),
    .testTarget(name: "ReportTests", dependencies: ["Report", "TestSupport"]),
    .testTarget(name: "foxTests", dependencies: ["fox", "TestSupport"]),
    .testTarget(name: "SpecTests", dependencies: ["TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
