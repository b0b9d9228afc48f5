import FoxDecoding
import FoxFiles
import FoxModels
import FoxTables
import FoxTries

/// # Texts as tokens and labels
///
/// Sentences or pairs of them as ids, with their labels.
///
/// SPEC `CLASS-4`.
package struct ClassifierSamples: Sendable {
  /// The tokens of each, special ones included.
  package let ids: [[Int32]]
  /// Which sentence of a pair each token is from.
  package let typeIDs: [[Int32]]
  /// What is to be predicted, where it is known.
  package let labels: BERTLabels?
  /// The length that the reference pads all to; `nil`: that of the longest of a batch.
  package let width: Int?
  /// How many were cut.
  package let cut: Int

  /// How many there are.
  package var count: Int { ids.count }

  /// Encodes the rows of a table.
  ///
  /// - Parameters:
  ///   - labels: Their names; `nil` for a table whose labels do not matter.
  ///   - length: What texts are cut to, the longest of a pair first.
  ///   - padsToLength: Whether the reference pads all to `length`.
  /// - Throws: `Fault`.
  /// - Complexity: O(bytes).
  package init(
    _ table: Table, _ columns: ClassifierColumns, labels: ClassifierLabels?,
    tokenizer: BERTTokenizer, length: Int, padsToLength: Bool
  ) throws {
    let first = try table.texts(column: columns.first)
    let second = try columns.second.map { try table.texts(column: $0) }
    if first.isEmpty { throw Fault.noRows(table.name) }
    var encoder = ClassifierEncoder(tokenizer, length: length)
    var (ids, typeIDs, cut) = ([[Int32]](), [[Int32]](), 0)
    for (row, text) in first.enumerated() {
      let encoded = try encoder.encode(text, pair: second?[row])
      ids.append(encoded.ids)
      typeIDs.append(encoded.typeIDs)
      if encoded.whole > encoded.ids.count { cut += 1 }
    }
    (self.ids, self.typeIDs, self.cut) = (ids, typeIDs, cut)
    self.labels = try labels.map { try $0.targets(of: table, column: columns.label) }
    width = padsToLength ? length : nil
  }

  /// The samples of the given numbers, as a batch.
  func batch(_ samples: some Collection<Int>) -> BERTBatch {
    BERTBatch(samples.map { ids[$0] }, typeIDs: samples.map { typeIDs[$0] }, width: width)
  }

  /// The labels of the given numbers.
  func labels(_ samples: some Collection<Int>) -> BERTLabels? {
    switch labels {
    case .classes(let classes): .classes(samples.map { classes[$0] })
    case .values(let values): .values(samples.map { values[$0] })
    case nil: nil
    }
  }

  /// How many tokens a batch has, padding included.
  func tokens(_ samples: some Collection<Int>) -> Int {
    samples.count * (width ?? samples.reduce(0) { max($0, ids[$1].count) })
  }

  /// SHA-256 of ids, types and labels.
  var digest: String {
    var numbers: [Int32] = []
    for (ids, types) in zip(ids, typeIDs) { numbers += [Int32(ids.count)] + ids + types }
    switch labels {
    case .classes(let classes): numbers += classes.map { Int32(truncatingIfNeeded: $0) }
    case .values(let values): numbers += values.map { Int32(bitPattern: $0.bitPattern) }
    case nil: break
    }
    return numbers.withUnsafeBytes { SHA256.hash(of: $0).hexadecimal }
  }
}

/// Encodes sentences and pairs for a classifier, and tells how long they were.
package struct ClassifierEncoder {
  private var encoder: BERTTokenizer.Encoder
  private var whole = EncodingOptions()
  private var options = EncodingOptions()
  private let length: Int

  /// - Parameter length: What texts are cut to.
  package init(_ tokenizer: BERTTokenizer, length: Int) {
    encoder = .init(tokenizer)
    whole.returnsTokens = false
    options.returnsTokens = false
    options.maxLength = length
    options.truncation = .longestFirst
    self.length = length
  }

  /// A text's ids and types, cut, and how many tokens it has without being cut.
  ///
  /// - Throws: `Fault`.
  package mutating func encode(
    _ text: String, pair: String? = nil
  ) throws -> (ids: [Int32], typeIDs: [Int32], whole: Int) {
    var encoding = try encoder.encode(text, pair: pair, options: whole)
    let count = encoding.ids.count
    if count > length { encoding = try encoder.encode(text, pair: pair, options: options) }
    return (encoding.ids.map { Int32($0) }, encoding.typeIDs.map { Int32($0) }, count)
  }
}
