// swift-tools-version: 6.2
import PackageDescription

// The homework's cells as stubs: `swift test` here fails until they are filled in, and says what is
// missing. Only the Book's first two chapters are built for it.
let package = Package(
  name: "Exercises",
  dependencies: [.package(name: "BrownFox", path: "..")],
  targets: [
    .target(
      name: "Exercises",
      dependencies: [.product(name: "FoxDecoding", package: "BrownFox")]),
    .testTarget(
      name: "ExercisesTests",
      dependencies: [
        "Exercises", .product(name: "FoxDecoding", package: "BrownFox"),
        .product(name: "FoxTokenizers", package: "BrownFox"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
