import Foundation
import FoxDecoding
import FoxWeights

/// Folders, and what paths lead to.
package enum Folder {
  /// Makes a folder, and those above it that are missing. One that is there is fine.
  ///
  /// - Throws: When the system refuses, with its reason.
  package static func create(_ path: String) throws(Fault) {
    var isThere = stat()
    if stat(path, &isThere) == 0, isThere.st_mode & S_IFMT == S_IFDIR { return }
    if mkdir(path, 0o777) == 0 { return }
    let parent = split(path).folder
    // Each is shorter than the one below it, so this ends, whatever the path is.
    if errno == ENOENT, parent != ".", parent.utf8.count < path.utf8.count {
      try create(parent)
      if mkdir(path, 0o777) == 0 { return }
    }
    let (code, reason) = (errno, systemReason())
    // Another process may have made it meanwhile. A file of that name is not a folder.
    if code == EEXIST, stat(path, &isThere) == 0, isThere.st_mode & S_IFMT == S_IFDIR { return }
    throw .unwritable(path: path, reason: reason)
  }

  /// The folder of a path, and its last name. Looks at the text only, so that it does not depend on
  /// the current folder, which may have been deleted.
  package static func split(_ path: String) -> (folder: String, name: String) {
    var rest = path[...]
    while rest.count > 1, rest.hasSuffix("/") { rest.removeLast() }
    guard let slash = rest.lastIndex(of: "/") else { return (".", String(rest)) }
    let name = String(rest[rest.index(after: slash)...])
    return (slash == rest.startIndex ? "/" : String(rest[..<slash]), name)
  }

  /// The folders from an absolute path up to the root, the path itself first; none for another path.
  package static func ancestors(of path: String) -> [String] {
    if !path.hasPrefix("/") { return [] }
    let names = path.split(separator: "/")
    return (0...names.count).reversed().map { "/" + names.prefix($0).joined(separator: "/") }
  }

  /// The paths of what a folder holds; none where it cannot be read.
  package static func files(in path: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.map { "\(path)/\($0)" }
  }

  /// What a path leads to through symbolic links; the path itself where nothing is there.
  package static func target(of path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Whether two paths lead to one file or folder, through whatever links (`FILE-12`).
  package static func areSame(_ a: String, _ b: String) -> Bool {
    var (first, second) = (stat(), stat())
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev
      && first.st_ino == second.st_ino
  }
}

extension Fault {
  /// A command would write over what it reads.
  package static func overwrites(_ output: String, input: String) -> Fault {
    Fault(
      output, found: "what is read, \(shown(input))", expected: "another place to write to",
      hint: "the input would be lost")
  }

  /// Refuses to write a file that is read, by whatever path.
  package static func refuse(_ output: String, ifAmong inputs: [String]) throws(Fault) {
    for input in inputs where Folder.areSame(output, input) {
      throw .overwrites(output, input: input)
    }
  }
}
