import Foundation
import FoxFiles

/// How far a file has come.
package struct HubProgress: Equatable, Sendable {
  package let file: String
  /// Bytes that are here, those of earlier attempts included.
  package let bytes: Int
  /// Bytes in all, when the hub says so.
  package let total: Int?
}

extension HubClient {
  /// Downloads a file to `path`, where it appears complete or not at all (`HUB-5`, `HUB-7`).
  ///
  /// - Returns: What was downloaded: the file as the hub described it last.
  /// - Throws: ``HubError``. What came before a connection broke is kept and gone on with.
  func download(
    _ file: RemoteFile, in repository: HubRepository, to path: String,
    progress: (HubProgress) -> Void
  ) throws(HubError) -> RemoteFile {
    let url = address(of: file.name, in: repository)
    var partial = try PartialFile(beside: path)
    var current = file
    try retrying { attempt throws(HubError) in
      if attempt > 0 { current = try describe(file.name, at: url) }
      let resumed = try transfer(current, url, &partial, progress)
      do throws(HubError) {
        try verify(current, &partial)
      } catch {
        // The bytes of an earlier attempt may be to blame.
        guard resumed else { throw error }
        _ = try transfer(current, url, &partial, progress)
        try verify(current, &partial)
      }
    }
    try partial.commit()
    return current
  }

  /// Gets what is missing of a file.
  ///
  /// - Returns: Whether bytes of an earlier attempt were kept.
  private func transfer(
    _ file: RemoteFile, _ url: URL, _ partial: inout PartialFile,
    _ progress: (HubProgress) -> Void
  ) throws(HubError) -> Bool {
    if partial.note == nil || partial.note?.tag != file.etag || partial.count > file.size ?? .max {
      try partial.restart(nil)
    }
    let start = partial.count
    if start > 0, start == file.size { return true }
    var fields: [String: String] = [:]
    if start > 0, let note = partial.note {
      fields = ["Range": "bytes=\(start)-", "If-Range": note.validator]
    }
    var total = file.size
    try send("GET", url, fields: fields) { head throws(HubError) in
      if (300..<400).contains(head.status) { return true }
      total = try begin(file, &partial, head)
      // Without a size, a part would look like the whole.
      guard total != nil else {
        try partial.restart(nil)
        throw .badAnswer(url: url.absoluteString, reason: "it announces no size")
      }
      progress(HubProgress(file: file.name, bytes: partial.count, total: total))
      return true
    } receive: { data throws(HubError) in
      try partial.append(data)
      if let size = total, partial.count > size {
        let found = partial.count
        try partial.restart(nil)
        throw .wrongSize(file: file.name, expected: size, found: found)
      }
      progress(HubProgress(file: file.name, bytes: partial.count, total: total))
    }
    if let total, partial.count < total {
      throw .connection(url: url.absoluteString, fault: .lost)
    }
    return start > 0 && partial.count > 0
  }

  /// Fits the head of an answer to what is here already.
  ///
  /// - Returns: The size that the file will have, when it is known.
  private func begin(
    _ file: RemoteFile, _ partial: inout PartialFile, _ head: HTTPHead
  ) throws(HubError) -> Int? {
    let url = head.url.absoluteString
    switch head.status {
    case 206:
      let range = ContentRange(head["content-range"])
      guard partial.count > 0, let range, range.start == partial.count,
        range.total == nil || file.size == nil || range.total == file.size
      else {
        try partial.restart(nil)
        throw .badAnswer(url: url, reason: "Content-Range is \(head["content-range"] ?? "missing")")
      }
      return file.size ?? range.total ?? head.length.map { $0 + partial.count }
    case 416:
      // What is here is no beginning of what is there.
      let wasPart = partial.count > 0
      try partial.restart(nil)
      throw wasPart ? .changed(file: file.name) : .status(url: url, status: 416)
    default:
      return try beginAnew(file, &partial, head)
    }
  }

  /// A whole file comes: the first time, or because the server knows no ranges, or another file.
  private func beginAnew(
    _ file: RemoteFile, _ partial: inout PartialFile, _ head: HTTPHead
  ) throws(HubError) -> Int? {
    let field = head["etag"]
    if let expected = file.bodyTag, let found = bareTag(field), found != expected {
      try partial.restart(nil)
      throw .changed(file: file.name)
    }
    if let size = file.size, let length = head.length, length != size {
      try partial.restart(nil)
      throw .wrongSize(file: file.name, expected: size, found: length)
    }
    // A weak tag names no bytes, so no range of them either.
    if let tag = file.etag, let field, field.hasPrefix("\"") {
      try partial.restart(.init(tag: tag, validator: field))
    } else {
      try partial.restart(nil)
    }
    return file.size ?? head.length
  }

  /// Compares what came with what was announced (`HUB-7`).
  private func verify(_ file: RemoteFile, _ partial: inout PartialFile) throws(HubError) {
    let found = partial.count
    if let size = file.size, found != size {
      try partial.restart(nil)
      throw .wrongSize(file: file.name, expected: size, found: found)
    }
    guard let expected = file.sha256 else { return }
    let hash = try partial.hash()
    if hash != expected {
      try partial.restart(nil)
      throw .wrongHash(file: file.name, expected: expected, found: hash)
    }
  }
}

/// `Content-Range: bytes 100-199/1000`.
struct ContentRange: Equatable {
  let start: Int
  let total: Int?

  init?(_ field: String?) {
    guard let field, field.lowercased().hasPrefix("bytes ") else { return nil }
    let parts = field.dropFirst(6).split(separator: "/")
    guard parts.count == 2, let first = parts[0].split(separator: "-").first, let start = Int(first)
    else { return nil }
    self.start = start
    total = Int(parts[1])
  }
}
