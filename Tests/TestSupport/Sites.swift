import Foundation
import FoxContract

/// Where tests stand in the package, told by the names of their modules.
enum Sites {
  /// A chapter, a room, or what is neither.
  struct Place: Hashable {
    var floor: String
    var name: String
    /// The folder of its tests, from the root of the package.
    var folder: String
  }

  /// Chapters in the order of reading; everything else follows by name.
  static let chapters = [
    "Decoding", "Tokenizers", "Numbers", "Weights", "Transformer", "Training", "Metrics", "Data",
    "Augmentation", "Homework",
  ]

  /// `FoxDecodingTests` → Decoding, a chapter of the Book
  static func place(ofModule module: String) -> Place {
    guard let match = module.wholeMatch(of: /Fox(\w+)Tests/) else {
      let name = module.hasSuffix("Tests") ? String(module.dropLast(5)) : module
      return Place(floor: "Program", name: name, folder: "Tests/\(module)")
    }
    let name = String(match.output.1)
    let isChapter = Places.isFolder(
      Places.package.appendingPathComponent("Tests/Book/\(name)").path)
    let floor = isChapter ? "Book" : "Workshop"
    return Place(floor: floor, name: name, folder: "Tests/\(floor)/\(name)")
  }

  /// The place in the table.
  static func rank(_ place: Place) -> (Int, Int, String) {
    let floor = ["Book", "Workshop"].firstIndex(of: place.floor) ?? 2
    return (floor, chapters.firstIndex(of: place.name) ?? chapters.count, place.name)
  }

  /// What follows `--filter` and `--skip`.
  static func filters(_ arguments: [String]) -> [String] {
    zip(arguments, arguments.dropFirst()).filter { ["--filter", "--skip"].contains($0.0) }.map(\.1)
  }
}
