import Foundation
import FoxData
import FoxDecoding
import FoxFiles
import FoxTables

extension LabelledText {
  /// The texts and labels of a data file, numbered as the homework numbers them: `train-1`, ….
  ///
  /// TSV is read without quotes. SPEC `AUG-24`.
  ///
  /// - Parameter field: The member of a JSON document that holds the rows.
  /// - Throws: `Fault`.
  package static func read(
    path: String, textColumn: String = "sentence", labelColumn: String = "label",
    field: String? = nil
  ) throws -> [LabelledText] {
    let table = try Table.read(path: path, options: TableOptions(field: field))
    let texts = try table.texts(column: textColumn)
    let labels = try table.column(labelColumn).enumerated().map { row, cell in
      guard let label = spelled(cell) else {
        throw table.wrong(cell, row: row, column: labelColumn, expected: "a label")
      }
      return label
    }
    if texts.isEmpty { throw Fault.noRows(path) }
    return numbered(Array(zip(texts, labels)).map { (text: $0, label: $1) })
  }

  private static func spelled(_ label: JSON) -> String? {
    switch label {
    case .string(let text): text
    case .integer(let value): String(value)
    case .number(let value): value.description
    default: nil
    }
  }
}

extension AugmentedSet {
  /// Refuses an output folder that holds what is read: its files would be replaced, and the next run
  /// would paraphrase paraphrases. SPEC `AUG-28`.
  ///
  /// - Parameters:
  ///   - inputs: Sentences, which must stand in another folder.
  ///   - others: Caches and recordings, which must only not be files of the set.
  package static func check(output: String, inputs: [String], others: [String]) throws(Fault) {
    for input in inputs {
      let isHeld = Folder.areSame(Folder.split(input).folder, output)
      if isHeld && FileManager.default.fileExists(atPath: input) || Folder.areSame(input, output) {
        throw .overwrites(output, input: input)
      }
    }
    for name in ["train.tsv", "train.csv", "dev.tsv", "dev.csv"] {
      let file = "\(output)/\(name)"
      try Fault.refuse(file, ifAmong: inputs + others)
      // One that is not there yet.
      for other in others {
        let place = Folder.split(other)
        if place.name == name, place.folder == output || Folder.areSame(place.folder, output) {
          throw .overwrites(file, input: other)
        }
      }
    }
  }

  /// Writes `train.tsv`, `train.csv` and, of the development set, `dev.tsv` and `dev.csv`. The
  /// training files come last: a folder that has them is complete.
  ///
  /// - Throws: `Fault`.
  package func write(
    to folder: String, dev: String? = nil, textColumn: String = "sentence",
    labelColumn: String = "label", field: String? = nil
  ) throws {
    try Folder.create(folder)
    if let dev {
      let table = try Table.read(path: dev, options: TableOptions(field: field))
      let rows = (0..<table.count).map { row in
        table.columns.indices.map { Self.field(table[row, $0]) }
      }
      try Self.write(table.columns, rows, to: "\(folder)/dev")
    }
    let rows = examples.map { [$0.text, $0.label] }
    try Self.write([textColumn, labelColumn], rows, to: "\(folder)/train")
  }

  private static func field(_ cell: JSON) -> String {
    if case .string(let text) = cell { return text }
    return cell.isNull ? "" : cell.text(.line)
  }

  /// Rows as TSV, where a tab or a line break becomes a space, and as CSV, where nothing is
  /// changed.
  private static func write(
    _ columns: [String], _ rows: [[String]], to path: String
  ) throws {
    let all = [columns] + rows
    let csv = all.map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
    let tsv = all.map { $0.map(plain).joined(separator: "\t") + "\n" }.joined()
    try AtomicFile.write(Array(csv.utf8), to: "\(path).csv")
    try AtomicFile.write(Array(tsv.utf8), to: "\(path).tsv")
  }

  private static func plain(_ field: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in field.unicodeScalars {
      scalars.append(["\t", "\n", "\r"].contains(scalar) ? " " : scalar)
    }
    return String(scalars)
  }

  /// In quotes where the field needs them.
  private static func quoted(_ field: String) -> String {
    let special = Set("\",\r\n".utf8)
    guard field.utf8.contains(where: special.contains) else { return field }
    return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
