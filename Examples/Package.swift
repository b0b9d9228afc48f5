// swift-tools-version: 6.2
import PackageDescription

// Three programs that use the package as anybody would: by its products. `swift run --package-path Examples
// SearchAnything` runs one.
let package = Package(
  name: "Examples",
  dependencies: [.package(name: "BrownFox", path: "..")],
  targets: [
    // Needs no model and no library of C: the Book's first chapter alone.
    .executableTarget(
      name: "SearchAnything",
      dependencies: [.product(name: "FoxDecoding", package: "BrownFox")]),
    .executableTarget(
      name: "Tokenize", dependencies: [.product(name: "BrownFox", package: "BrownFox")]),
    .executableTarget(
      name: "Storyteller", dependencies: [.product(name: "BrownFox", package: "BrownFox")]),
  ],
  swiftLanguageModes: [.v6]
)
