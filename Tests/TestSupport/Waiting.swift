import Foundation
import Testing

/// Waits for events of other processes, never for a time: an unoptimised program on a busy machine takes
/// a hundred times what it takes elsewhere.
package enum Waiting {
  /// The time after which a wait has failed. Nothing that passes comes near it.
  private static let limit: TimeInterval = 900

  private struct TooLong: Error, CustomStringConvertible {
    let description: String
  }

  /// Waits until `condition` holds or the process has ended.
  ///
  /// - Returns: Whether the condition came true while the process was running.
  @discardableResult
  package static func until(
    _ what: String, of process: Process, _ condition: () throws -> Bool
  ) throws -> Bool {
    let start = Date()
    while process.isRunning {
      if try condition() { return true }
      if -start.timeIntervalSinceNow > limit {
        process.terminate()
        throw TooLong(description: "\(what): nothing of it in \(Int(limit)) seconds")
      }
      usleep(200)
    }
    return false
  }

  /// Waits until no process has `text` in its command line.
  package static func untilNobodyMentions(_ text: String) throws {
    let start = Date()
    while isMentioned(text) {
      if -start.timeIntervalSinceNow > limit {
        throw TooLong(description: "a process with \(text) is still there")
      }
      usleep(2_000)
    }
  }

  private static func isMentioned(_ text: String) -> Bool {
    let own = String(ProcessInfo.processInfo.processIdentifier)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.contains { name in
      guard Int(name) != nil, name != own else { return false }
      let line = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(name)/cmdline"))
      return line.map { String(decoding: $0, as: UTF8.self).contains(text) } ?? false
    }
  }
}
