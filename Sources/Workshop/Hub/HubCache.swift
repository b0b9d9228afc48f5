import Foundation
import FoxFiles

/// The cache of the hub's own tools, which is read and never written (`HUB-9`):
///
///     models--org--name/refs/main               the commit that the branch stood for
///     models--org--name/snapshots/COMMIT/FILE   links to blobs/ETAG
struct HubCache {
  /// The folder of all repositories.
  let folder: String

  /// The file of a snapshot.
  ///
  /// - Parameter commit: The commit, when it is known; else that which the cache knows the revision
  ///   by.
  func path(of file: String, in repository: HubRepository, commit: String?) -> String? {
    for id in [repository.id] + repository.formerIDs {
      let root = "\(folder)/models--\(id.replacingOccurrences(of: "/", with: "--"))"
      guard let commit = commit ?? self.commit(of: repository.revision, root) else { continue }
      let path = "\(root)/snapshots/\(commit)/\(file)"
      if isInside(path, root) { return path }
    }
    return nil
  }

  /// Whether a file is there and, whatever links lead to it, in the repository's part of the cache: a
  /// cache that somebody else has filled may point anywhere.
  private func isInside(_ path: String, _ root: String) -> Bool {
    guard let file = realpath(path, nil), let folder = realpath(root, nil) else { return false }
    defer {
      free(file)
      free(folder)
    }
    return String(cString: file).hasPrefix(String(cString: folder) + "/")
  }

  /// The commit of a branch or tag; a revision that is none is a commit itself.
  private func commit(of revision: String, _ root: String) -> String? {
    let bytes = try? MappedFile(path: "\(root)/refs/\(revision)").withBytes {
      Array($0.prefix(256))
    }
    guard let bytes else { return HubRepository.isPlain(revision) ? revision : nil }
    let text = String(decoding: bytes, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    return HubRepository.isPlain(text) ? text : nil
  }
}
