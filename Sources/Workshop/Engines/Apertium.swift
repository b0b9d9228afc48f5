import Foundation
import FoxDecoding
import FoxFiles
import Synchronization

/// Apertium, the rule-based engine of Debian: offline, and the same today and tomorrow.
///
/// One chain of programs for each direction, started when it is first needed and kept. Words that
/// it does not know stay as they are, without marks. SPEC `AUG-4` to `AUG-8`.
package final class Apertium: Engine {
  /// The command that installs it with all pairs that come back to English.
  package static let installation =
    "apt-get install apertium apertium-eng-spa apertium-eng-cat apertium-en-gl apertium-eo-en"

  package let name = "Apertium"
  /// Seconds of silence after which it counts as stuck.
  package let patience: Int
  private let modes: [Direction: String]
  private let engines = Mutex<[String: Chain]>([:])

  /// The engine, as it is installed.
  ///
  /// - Parameters:
  ///   - folder: Its data; by default `APERTIUM_DATADIR`, else `/usr/share/apertium`.
  ///   - patience: Seconds of silence after which it counts as stuck.
  /// - Throws: `Fault` when it has no directions.
  package init(
    folder: String? = nil, patience: Int = 60,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    let variable = environment["APERTIUM_DATADIR"].flatMap { $0.isEmpty ? nil : $0 }
    let modesFolder = "\(folder ?? variable ?? "/usr/share/apertium")/modes"
    modes = ApertiumMode.directions(in: modesFolder)
    self.patience = patience
    if modes.isEmpty { throw Fault.noEngine(missing: "no directions in \(modesFolder)") }
  }

  /// The directions that are installed, by ISO names.
  package func directions() -> [Direction] { modes.keys.sorted() }

  /// The name of the direction's file, and a fingerprint of it and of the sizes of its data.
  package func identity(of direction: Direction) -> String {
    guard let path = modes[direction], let mode = try? ApertiumMode(path: path) else { return name }
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return "apertium \(file.replacingOccurrences(of: ".mode", with: "")) \(mode.fingerprint)"
  }

  /// Translates texts, each as one line. When a program of the chain ends, it is started once more
  /// and the texts without an answer are sent again, one at a time.
  ///
  /// - Throws: `Fault`.
  package func translate(
    _ texts: [String], _ direction: Direction,
    answer: (_ index: Int, _ text: String) throws -> Void
  ) throws {
    guard let path = modes[direction] else {
      throw Fault.direction(engine: name, direction, known: directions())
    }
    let engine = engines.withLock { engines in
      let engine = engines[path] ?? Chain(path: path, name: name, patience: patience)
      engines[path] = engine
      return engine
    }
    try engine.translate(texts, direction, answer: answer)
  }
}

/// The chain of one direction, for one caller at a time.
private final class Chain: Sendable {
  private let path: String
  private let name: String
  private let patience: Int
  private let turn = NSLock()
  // Touched by the holder of `turn` only.
  nonisolated(unsafe) private var pipeline: EnginePipeline?
  nonisolated(unsafe) private var number = 0

  init(path: String, name: String, patience: Int) {
    (self.path, self.name, self.patience) = (path, name, patience)
  }

  func translate(
    _ texts: [String], _ direction: Direction,
    answer: (Int, String) throws -> Void
  ) throws {
    turn.lock()
    defer { turn.unlock() }
    do {
      try translateInTurn(texts, direction, answer)
    } catch {
      // What is still on its way would be taken for the answer to something else.
      pipeline = nil
      throw error
    }
  }

  private func translateInTurn(
    _ texts: [String], _ direction: Direction,
    _ answer: (Int, String) throws -> Void
  ) throws {
    var open: [Int] = []
    for (index, text) in texts.enumerated() {
      if ApertiumStream.line(text).isEmpty { try answer(index, "") } else { open.append(index) }
    }
    if open.isEmpty { return }
    let (ending, answered) = try exchange(open.map { texts[$0] }, direction) { position, text in
      try answer(open[position], text)
    }
    guard case .died = ending else { return }
    pipeline = nil
    for index in open.dropFirst(answered) {
      let (ending, _) = try exchange([texts[index]], direction) { _, text in
        try answer(index, text)
      }
      if case .died(let end) = ending {
        throw Fault.died(
          engine: name, direction: direction, text: texts[index], end: end,
          printed: pipeline?.lastWords ?? "")
      }
    }
  }

  private func running() throws -> EnginePipeline {
    if let pipeline { return pipeline }
    let started = try EnginePipeline(try ApertiumMode(path: path).stages)
    pipeline = started
    return started
  }

  /// Sends texts and takes their answers.
  ///
  /// - Returns: How it ended, and how many were answered.
  private func exchange(
    _ texts: [String], _ direction: Direction,
    _ answer: (Int, String) throws -> Void
  ) throws -> (EnginePipeline.Ending, Int) {
    let pipeline = try running()
    let first = number
    number += texts.count
    let records = texts.enumerated().map { ApertiumStream.record($1, number: first + $0) }
    var count = 0
    let ending = try pipeline.exchange(records, patience: patience) { record in
      guard let text = ApertiumStream.text(record, number: first + count) else { return false }
      try answer(count, text)
      count += 1
      return true
    }
    switch ending {
    case .complete, .died: return (ending, count)
    case .wrong(let record):
      throw Fault.shifted(
        engine: name, direction: direction, text: texts[count],
        answer: String(decoding: record, as: UTF8.self))
    case .stalled:
      throw Fault.stalled(
        engine: name, direction: direction, text: texts[count], seconds: patience,
        printed: pipeline.lastWords)
    }
  }
}
