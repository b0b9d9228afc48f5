import Foundation
import FoxDecoding
import FoxFiles
import FoxGLUE
import FoxTables

/// # Where a classifier finds texts and labels
///
/// The columns of a table that a classifier reads. Training keeps their names beside the weights, so
/// that evaluation and prediction read the same ones.
///
/// SPEC `CLASS-3`, `CLASS-12`. Source: `run_glue` of the notebook.
package struct ClassifierColumns: Sendable, Equatable {
  /// The column of the sentence, or of the first of a pair.
  package let first: String
  /// The column of the second sentence of a pair.
  package let second: String?
  /// The column of the label.
  package let label: String
  /// Whether the table has it.
  private let isLabelled: Bool

  /// The columns that are given; else those of the task; else `sentence1` and `sentence2`; else the
  /// first two that can be texts (`DATA-14`), or the only one.
  ///
  /// - Parameter labels: What labels are called, if that is known: a column of nothing else is not a
  ///   text, and one that looks like labels is not where others are left.
  /// - Throws: `Fault` for a column that is not there, for a label taken as a text, and for a table
  ///   without texts.
  package init(
    of table: Table, task: GLUETask? = nil, text: String? = nil, pair: String? = nil,
    label: String = "label", labels: ClassifierLabels? = nil
  ) throws {
    let chosen: [String]
    if let text {
      chosen = [text] + (pair.map { [$0] } ?? [])
    } else if let task {
      chosen = task.sentenceColumns
    } else if ["sentence1", "sentence2"].allSatisfy({ table.has(column: $0) }) {
      chosen = ["sentence1", "sentence2"]
    } else {
      chosen = Array(Self.texts(in: table, besides: label, labels).prefix(2))
    }
    guard let first = chosen.first else { throw table.noTextColumn(besides: label) }
    try self.init(first, chosen.count > 1 ? chosen[1] : nil, label: label, of: table)
  }

  private init(_ first: String, _ second: String?, label: String, of table: Table) throws(Fault) {
    for name in [first, second].compactMap({ $0 }) {
      if !table.has(column: name) {
        throw Fault.noColumn(path: table.name, name: name, columns: table.columns)
      }
      if UTF8Key.equal(name, label) {
        throw Fault(
          table.name, at: "column \(Fault.quoted(name))", found: "the labels",
          expected: "texts", hint: "name the column of the texts, or that of the labels")
      }
    }
    (self.first, self.second, self.label) = (first, second, label)
    isLabelled = table.has(column: label)
  }

  /// The columns that can be texts, without those that hold labels of a model.
  private static func texts(
    in table: Table, besides label: String, _ labels: ClassifierLabels?
  ) -> [String] {
    let texts = table.textColumns(besides: label)
    guard let labels, table.count > 0 else { return texts }
    let known = Set(labels.names.map { UTF8Key($0.lowercased()) })
    func cells(_ name: String) -> [String] {
      ((try? table.column(name)) ?? []).map { $0.string ?? "" }
    }
    let unknown = texts.filter { name in
      !cells(name).allSatisfy { known.contains(UTF8Key($0.lowercased())) }
    }
    let likely = unknown.filter { name in
      if labelNames.contains(name.lowercased()) { return false }
      let cells = cells(name)
      if cells.contains(where: { $0.utf8.contains(0x20) }) { return true }
      // One word a row, and always the same few.
      let different = Set(cells.map { UTF8Key($0) }).count
      return different == cells.count || different > max(2, labels.outputs)
    }
    return likely.isEmpty ? unknown : likely
  }

  /// What columns of labels are called.
  private static let labelNames: Set<String> = [
    "label", "labels", "class", "category", "sentiment", "polarity", "target", "gold", "gold_label",
    "rating", "stars",
  ]

  /// Which columns are taken, in words.
  package var description: String {
    let sentences =
      second.map {
        "sentence pairs are \(Fault.quoted(first)) and \(Fault.quoted($0))"
      }
      ?? "sentences are \(Fault.quoted(first))"
    return isLabelled ? "\(sentences), labels \(Fault.quoted(label))" : sentences
  }
}

extension ClassifierColumns {
  /// The file beside the weights.
  static let file = "columns.json"

  /// The names, as they are kept beside the weights.
  var document: JSON {
    .object(
      .init([
        ("text_column_name", .string(first)),
        ("text_pair_column_name", second.map { .string($0) } ?? .null),
        ("label_column_name", .string(label)),
      ]))
  }

  /// The columns that a model was trained on; `nil` when its folder does not say.
  ///
  /// - Parameter label: Another name for the column of the labels.
  /// - Throws: `Fault` for a file that does not hold names, and for a column that the table lacks.
  package init?(ofModel folder: String, in table: Table, label: String?) throws {
    let path = "\(folder)/\(Self.file)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let document = try JSON.read(path: path)
    guard let first = document["text_column_name"]?.string,
      let kept = document["label_column_name"]?.string
    else {
      throw Fault(path, found: "another document", expected: "the names of columns")
    }
    let second = document["text_pair_column_name"]?.string
    for name in [first, second].compactMap({ $0 }) where !table.has(column: name) {
      throw Fault(
        table.name, found: "no column \(Fault.quoted(name)), which the model was trained on",
        expected: Fault.list(table.columns), hint: "name the column of the texts")
    }
    try self.init(first, second, label: label ?? kept, of: table)
  }
}
