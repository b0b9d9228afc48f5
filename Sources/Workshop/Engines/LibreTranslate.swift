import FoxFiles
import FoxHub
import Synchronization

/// A server of LibreTranslate, one's own or a public one. SPEC `AUG-12`.
public final class LibreTranslate: Translator {
  /// `LibreTranslate`.
  public let name = "LibreTranslate"
  /// Texts in one request, at most.
  public let batchSize: Int
  private let service: WebService
  private let key: String?
  private let known = Mutex<[Direction: (source: String, target: String)]?>(nil)

  /// The server at an address.
  ///
  /// - Parameters:
  ///   - environment: `LIBRETRANSLATE_API_KEY` is what the server may ask for.
  ///   - patience: Seconds of silence after which it counts as stuck.
  /// - Throws: ``AugmentationError/service(_:)`` for an address that is none.
  public convenience init(
    address: String, environment: [String: String] = [:], patience: Int = 60
  ) throws(AugmentationError) {
    var service: WebService
    do { service = try WebService(address: address) } catch { throw .service(error) }
    service.patience = patience
    let key = environment["LIBRETRANSLATE_API_KEY"].flatMap { $0.isEmpty ? nil : $0 }
    self.init(service, key: key)
  }

  /// A server.
  public init(_ service: WebService, key: String? = nil, batchSize: Int = 32) {
    (self.service, self.key, self.batchSize) = (service, key, max(1, batchSize))
  }

  /// What its `/languages` says.
  public func directions() throws(AugmentationError) -> [Direction] {
    try codes().keys.sorted()
  }

  /// The server's address: what version it runs, it does not say.
  public func identity(of direction: Direction) -> String {
    "libretranslate \(service.address.absoluteString)"
  }

  /// Asks the server, a batch at a time.
  ///
  /// - Throws: ``AugmentationError/service(_:)``, ``AugmentationError/direction(engine:_:known:)``,
  ///   ``AugmentationError/answers(engine:direction:expected:found:)``.
  public func translate(
    _ texts: [String], _ direction: Direction,
    answer: (_ index: Int, _ text: String) throws(AugmentationError) -> Void
  ) throws(AugmentationError) {
    let codes = try codes()
    guard let pair = codes[direction] else {
      throw .direction(engine: name, direction, known: codes.keys.sorted())
    }
    for start in stride(from: 0, to: texts.count, by: batchSize) {
      let batch = Array(texts[start..<min(start + batchSize, texts.count)])
      let translations = try ask(batch, pair, direction)
      for (index, text) in translations.enumerated() { try answer(start + index, text) }
    }
  }

  private func ask(
    _ texts: [String], _ pair: (source: String, target: String), _ direction: Direction
  ) throws(AugmentationError) -> [String] {
    var members: [(key: String, value: JSON)] = [
      ("q", .array(texts.map { .string($0) })), ("source", .string(pair.source)),
      ("target", .string(pair.target)), ("format", "text"),
    ]
    if let key { members.append(("api_key", .string(key))) }
    let document: JSON
    do {
      document = try service.post("translate", .object(.init(members)))
    } catch {
      throw .service(error)
    }
    guard let list = document["translatedText"]?.array else {
      throw .service(
        .badAnswer(url: "\(service.address)/translate", reason: "no list \"translatedText\""))
    }
    let translations = list.compactMap(\.string)
    guard translations.count == texts.count, list.count == texts.count else {
      throw .answers(
        engine: name, direction: direction, expected: texts.count, found: translations.count)
    }
    return translations
  }

  /// The server's codes for each direction; asked once.
  private func codes() throws(AugmentationError) -> [Direction: (source: String, target: String)] {
    if let codes = known.withLock({ $0 }) { return codes }
    let document: JSON
    do { document = try service.get("languages") } catch { throw .service(error) }
    var codes: [Direction: (source: String, target: String)] = [:]
    for entry in document.array ?? [] {
      guard let source = entry["code"]?.string, let from = Language(source) else { continue }
      for target in entry["targets"]?.array?.compactMap(\.string) ?? [] where target != source {
        if let to = Language(target) { codes[Direction(from, to)] = (source, target) }
      }
    }
    if codes.isEmpty {
      throw .service(
        .badAnswer(url: "\(service.address)/languages", reason: "no languages with targets"))
    }
    known.withLock { $0 = codes }
    return codes
  }
}
