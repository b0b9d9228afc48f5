import Foundation
import TestSupport
import Testing

/// What Package.swift says of a target.
private struct ListedTarget {
  var module: String
  /// Modules of this package that it names, in its own call.
  var names: Set<String>
  var isRoom: Bool

  /// The targets of the manifest in its order: a target may depend only on those above it.
  static func all() throws -> [ListedTarget] {
    let manifest = try String(
      contentsOf: Places.package.appendingPathComponent("Package.swift"), encoding: .utf8)
    let calls = manifest.matches(
      of: /(?m)^  (chapter|room|\.\w*[tT]arget|\.systemLibrary)\(\s*(?:name: )?"(\w+)"/)
    return calls.indices.map { index in
      let call = calls[index]
      let next = index + 1 < calls.count ? calls[index + 1].range.lowerBound : manifest.endIndex
      let body = manifest[call.range.upperBound..<next]
      let (kind, name) = (call.output.1, String(call.output.2))
      let isFloor = kind == "chapter" || kind == "room"
      return ListedTarget(
        module: isFloor ? "Fox\(name)" : name,
        names: Set(
          body.matches(of: /"(C?Fox\w+|TestSupport|BrownFox|fox)"/).map { String($0.output.1) }
        )
        .union(body.contains("everyRoom") ? ["everyRoom"] : [])
        .union(body.contains("argumentParser") ? ["ArgumentParser"] : []),
        isRoom: kind == "room")
    }
  }
}

/// An import of a module of this package.
private struct Import {
  var place: String
  var name: String

  /// All imports of a file: `@testable import A`, `import struct A.B` and `internal import A` too.
  static func all(in file: URL) throws -> [Import] {
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.split(separator: "\n").compactMap { line in
      guard line.utf8.count < 100, line.utf8.contains(UInt8(ascii: "m")),
        let match = line.prefixMatch(of: /(?:@?\w+(?:\(\w+\))? )*import (?:\w+ )?(\w+)/)
      else { return nil }
      return Import(place: file.path, name: String(match.output.1))
    }
  }
}

@Suite("Package.swift and the imports", .counted)
struct ImportTests {
  /// Modules that come with Swift and the system: everything else is a dependency to declare.
  private static let system = [
    "Foundation", "FoundationNetworking", "Dispatch", "Glibc", "Darwin", "Synchronization",
    "Testing",
  ]

  @Test
  func `SPEC-3 rooms import what the manifest gives them, and only rooms below them`() throws {
    let targets = try ListedTarget.all()
    let order = targets.map(\.module)
    #expect(order.contains("FoxFiles") && order.contains("fox"))
    let programs = [
      "fox": "fox", "Bench": "foxbench", "Fuzz": "foxfuzz", "Bookbinder": "foxbook",
      "BrownFox": "BrownFox",
    ]
    var count = 0
    for file in try SpecTests.sources(in: "Sources", suffix: ".swift") {
      let parts = file.pathComponents.drop { $0 != "Sources" }.dropFirst()
      guard let floor = parts.first else { continue }
      let folder = floor == "fox" ? "fox" : parts.dropFirst().first ?? ""
      let module = programs[folder] ?? "Fox\(folder)"
      guard let level = order.firstIndex(of: module) else {
        Issue.record("\(file.path): no target of the manifest has it")
        continue
      }
      for item in try Import.all(in: file) {
        count += 1
        let place = "\(folder)/\(file.lastPathComponent) imports \(item.name)"
        if !order.contains(item.name) {
          let isGiven = Self.system.contains(item.name) || targets[level].names.contains(item.name)
          if !isGiven { Issue.record("\(place), which Package.swift does not give to it") }
          continue
        }
        let other = order.firstIndex(of: item.name) ?? level
        if other >= level { Issue.record("\(place), which is above it") }
        let names = targets[level].names
        if !names.contains(item.name), !names.contains("everyRoom") {
          Issue.record("\(place), which Package.swift does not give to it")
        }
        let isForeign = item.name.hasPrefix("CFox")
        if floor == "Book", targets[other].isRoom || isForeign {
          Issue.record("\(place): the Book knows nothing of the Workshop")
        }
      }
    }
    #expect(count > 450, "only \(count) imports were seen")
  }

  // What a program gets that imports BrownFox, and no command line.
  @Test
  func `LIB-5 no message of the library spells an option`() throws {
    let targets = try ListedTarget.all()
    var reached = ["BrownFox"]
    for module in targets.reversed() where reached.contains(module.module) {
      reached += module.names.filter { !reached.contains($0) }
    }
    #expect(reached.contains("FoxTrainer") && !reached.contains("FoxReport"))
    var count = 0
    for file in try SpecTests.sources(in: "Sources", suffix: ".swift") {
      let folder = file.deletingLastPathComponent().lastPathComponent
      guard reached.contains("Fox\(folder)") else { continue }
      count += 1
      let lines = try String(contentsOf: file, encoding: .utf8).split(
        separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated()
      where line.contains("--") && !line.contains(/^ *\/\//) && line.contains(/"[^"]*--[a-z]/) {
        Issue.record("\(file.lastPathComponent):\(index + 1): \(line)")
      }
    }
    #expect(count > 100, "only \(count) files were seen")
  }

  @Test
  func `SPEC-3 tests import their room and what the manifest gives to it`() throws {
    let targets = try ListedTarget.all()
    let support = targets.first { $0.module == "TestSupport" }?.names ?? []
    var count = 0
    for file in try SpecTests.sources(in: "Tests", suffix: ".swift") {
      let parts = file.pathComponents.drop { $0 != "Tests" }.dropFirst()
      guard let floor = parts.first else { continue }
      let folder = ["Book", "Workshop"].contains(floor) ? parts.dropFirst().first ?? "" : floor
      guard
        let target = targets.first(where: { $0.module == "Fox\(folder)" || $0.module == folder })
      else {
        Issue.record("\(file.path): no target of the manifest has it")
        continue
      }
      for item in try Import.all(in: file) where targets.contains(where: { $0.module == item.name })
      {
        count += 1
        // What TestSupport stands on comes with it: goldens are FoxFiles' JSON and FoxFormats' tensors.
        let known = target.names.union(support).union([target.module, "TestSupport"])
        if !known.contains(item.name), !known.contains("everyRoom") {
          Issue.record(
            "\(folder)/\(file.lastPathComponent) imports \(item.name), which Package.swift does not give"
          )
        }
      }
    }
    #expect(count > 250, "only \(count) imports were seen")
  }
}
