import FoxDecoding
import FoxFiles
import FoxHub
import Synchronization

/// A server of LibreTranslate, one's own or a public one. SPEC `AUG-12`.
package final class LibreTranslate: Engine {
  package let name = "LibreTranslate"
  /// Texts in one request, at most.
  package let batchSize: Int
  private let service: WebService
  private let key: String?
  private let known = Mutex<[Direction: (source: String, target: String)]?>(nil)

  /// The server at an address.
  ///
  /// - Parameters:
  ///   - environment: `LIBRETRANSLATE_API_KEY` is what the server may ask for.
  ///   - patience: Seconds of silence after which it counts as stuck.
  ///   - batchSize: Texts in one request, at most.
  /// - Throws: `HubError` for an address that is none.
  package convenience init(
    address: String, environment: [String: String] = [:], patience: Int = 60, batchSize: Int = 32
  ) throws {
    var service = try WebService(address: address)
    service.patience = patience
    let key = environment["LIBRETRANSLATE_API_KEY"].flatMap { $0.isEmpty ? nil : $0 }
    self.init(service, key: key, batchSize: batchSize)
  }

  package init(_ service: WebService, key: String? = nil, batchSize: Int = 32) {
    (self.service, self.key, self.batchSize) = (service, key, max(1, batchSize))
  }

  /// What its `/languages` says.
  package func directions() throws -> [Direction] {
    try codes().keys.sorted()
  }

  /// The server's address: what version it runs, it does not say.
  package func identity(of direction: Direction) -> String {
    "libretranslate \(service.address.absoluteString)"
  }

  /// Asks the server, a batch at a time; smaller ones when it says that they are too large or too many.
  ///
  /// - Throws: `HubError`, `Fault`.
  package func translate(
    _ texts: [String], _ direction: Direction,
    answer: (_ index: Int, _ text: String) throws -> Void
  ) throws {
    let codes = try codes()
    guard let pair = codes[direction] else {
      throw Fault.direction(engine: name, direction, known: codes.keys.sorted())
    }
    var (start, size) = (0, batchSize)
    while start < texts.count {
      let batch = Array(texts[start..<min(start + size, texts.count)])
      do {
        let translations = try ask(batch, pair, direction)
        for (index, text) in translations.enumerated() { try answer(start + index, text) }
        start += batch.count
      } catch let error as HubError where batch.count > 1 && Self.asksForLess(error) {
        // And stays at that size: the next batch would be refused for the same reason.
        size = batch.count / 2
      }
    }
  }

  /// Whether a server refuses a request for its size (`--batch-limit`, `--char-limit`) or says, after all
  /// attempts, that there are too many at once.
  private static func asksForLess(_ error: HubError) -> Bool {
    guard case .service(_, let status, let words) = error else { return false }
    let isOfSize = ["limit", "exceed", "too large", "too long"].contains {
      words.lowercased().contains($0)
    }
    return status == 413 || status == 429 || status == 400 && isOfSize
  }

  private func ask(
    _ texts: [String], _ pair: (source: String, target: String), _ direction: Direction
  ) throws -> [String] {
    var members: [(key: String, value: JSON)] = [
      ("q", .array(texts.map { .string($0) })), ("source", .string(pair.source)),
      ("target", .string(pair.target)), ("format", "text"),
    ]
    if let key { members.append(("api_key", .string(key))) }
    let document = try service.post("translate", .object(.init(members)))
    guard let list = document["translatedText"]?.array else {
      throw HubError.badAnswer(
        url: "\(service.address)/translate", reason: "no list \"translatedText\"")
    }
    let translations = list.compactMap(\.string)
    guard translations.count == texts.count, list.count == texts.count else {
      throw Fault.answers(
        engine: name, direction: direction, expected: texts.count, found: translations.count)
    }
    return translations
  }

  /// The server's codes for each direction; asked once.
  private func codes() throws -> [Direction: (source: String, target: String)] {
    if let codes = known.withLock({ $0 }) { return codes }
    let document = try service.get("languages")
    var codes: [Direction: (source: String, target: String)] = [:]
    for entry in document.array ?? [] {
      guard let source = entry["code"]?.string, let from = Language(source) else { continue }
      for target in entry["targets"]?.array?.compactMap(\.string) ?? [] where target != source {
        if let to = Language(target) { codes[Direction(from, to)] = (source, target) }
      }
    }
    if codes.isEmpty {
      throw HubError.badAnswer(
        url: "\(service.address)/languages", reason: "no languages with targets")
    }
    known.withLock { $0 = codes }
    return codes
  }
}
