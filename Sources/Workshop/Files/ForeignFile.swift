import Foundation
import FoxDecoding

/// # What a file is, when it is not what was asked for
///
/// A download that was refused leaves a web page under the name of a model; a clone without Git LFS
/// leaves pointers; a spreadsheet writes semicolons or UTF-16; a full disk leaves an empty file. A
/// reader that meets one of these can only say which byte it did not expect. This is the one place
/// that knows them, and says what to do. SPEC `FILE-14`.
package struct ForeignFile: Equatable, Sendable {
  package let found: String
  /// What a reader needs.
  package let expected: String
  package let hint: String

  private init(_ found: String, expected: String = "the file itself", hint: String) {
    (self.found, self.expected, self.hint) = (found, expected, hint)
  }

  /// The fault of a reader that met it.
  package func fault(_ path: String) -> Fault {
    Fault(path, found: found, expected: expected, hint: hint)
  }

  /// Who reads: what is one reader's own is foreign to another.
  package enum Reader: Equatable, Sendable {
    case weights, json, text, other
    /// A table with this between its columns.
    case table(UInt8)

    /// The reader that the end of a file's name promises.
    package init(name: String) {
      let ending = name.split(separator: ".").dropFirst().last?.lowercased()
      switch ending {
      case "safetensors", "bin", "pt", "pth", "npz", "npy": self = .weights
      case "json", "jsonl", "ndjson": self = .json
      case "csv": self = .table(UInt8(ascii: ","))
      case "tsv": self = .table(UInt8(ascii: "\t"))
      case "txt", "bpe": self = .text
      default: self = .other
      }
    }

    /// Whether it reads text and nothing else.
    fileprivate var isText: Bool { self != .weights && self != .other }
  }

  /// What bytes are that no reader of this kind can mean; `nil` where they may be its own.
  package init?(_ bytes: some Sequence<UInt8>, for reader: Reader) {
    let start = Beginning(bytes)
    guard let kind = start.kind(for: reader) else { return nil }
    self = kind
  }

  /// What bytes are that a reader has refused: also what it could have read, such as nothing at all.
  package init?(refused bytes: some Sequence<UInt8>, by reader: Reader) {
    let start = Beginning(bytes)
    guard let kind = start.kind(for: reader) ?? start.reason(for: reader) else { return nil }
    self = kind
  }

  /// What the file at a path is that a reader has refused; `nil` where there is no file.
  ///
  /// Only regular files are opened: to read a pipe would take what is in it.
  package init?(refused path: String) {
    var information = stat()
    guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
      let file = FileHandle(forReadingAtPath: path)
    else { return nil }
    defer { try? file.close() }
    let bytes = (try? file.read(upToCount: Beginning.length)) ?? Data()
    self.init(refused: bytes, by: Reader(name: Folder.split(path).name))
  }
}

// MARK: - The kinds

extension ForeignFile {
  private static let again = "was the download refused? Fetch the file again"

  package static let empty = ForeignFile(
    "an empty file", hint: "was writing it interrupted? Fetch or write it again")
  package static let blank = ForeignFile(
    "nothing but white space", hint: "was writing it interrupted? Fetch or write it again")
  package static let gitLFSPointer = ForeignFile(
    "a pointer of Git LFS", hint: "run git lfs pull, or download the file itself")
  package static let webPage = ForeignFile("a web page", hint: again)
  package static let serverAnswer = ForeignFile("a server's error message", hint: again)
  package static let hdf5 = ForeignFile("an HDF5 file, as Keras writes", hint: conversion)
  package static let gguf = ForeignFile(
    "a GGUF file", hint: "look for the same model as safetensors")
  package static let gzip = ForeignFile(
    "a file packed with gzip", hint: "unpack it with gunzip")
  package static let packed = ForeignFile("a packed file", hint: "unpack it first")
  package static let zip = ForeignFile(
    "a zip archive, as Excel writes", hint: "unpack it, or save the sheet as CSV in UTF-8")
  package static let office = ForeignFile(
    "a document of an office program", hint: "save the sheet as CSV in UTF-8")
  package static let columnar = ForeignFile(
    "a Parquet or Arrow file",
    hint: "convert it in Python: pandas.read_parquet(file).to_csv(new, index=False)")
  package static let picture = ForeignFile("a PDF or a picture", hint: "is it the right file?")
  package static let weights = ForeignFile("weights or a pickle", hint: "is it the right file?")
  package static let binary = ForeignFile("bytes that are not text", hint: "is it the right file?")
  package static let utf16 = unicode(16)
  package static let utf32 = unicode(32)
  package static let semicolons = columns("semicolons", hint: "save it with commas, or as TSV")
  package static let json = ForeignFile(
    "JSON", expected: "the columns that the file's name promises", hint: "name it .json or .jsonl")
  package static let marked = ForeignFile(
    "a byte-order mark", expected: "a file without one",
    hint: "save it as UTF-8 without a byte-order mark")
  package static let notJSON = ForeignFile(
    "text that is not JSON", expected: "JSON", hint: "is it the right file?")
  package static let text = ForeignFile(
    "a text", expected: "a checkpoint: safetensors, or a file of PyTorch or NumPy",
    hint: "is it the right file?")

  private static func unicode(_ bits: Int) -> ForeignFile {
    ForeignFile(
      "UTF-\(bits) text", expected: "UTF-8",
      hint: "convert it: iconv -f UTF-\(bits) -t UTF-8 FILE > NEW")
  }

  /// What stands between columns instead of commas or tabs.
  private static func columns(
    _ found: String, expected: String = "commas", hint: String
  ) -> ForeignFile {
    ForeignFile("\(found) between the columns", expected: expected, hint: hint)
  }

  /// The kind of a table whose columns `separator` separates, where it is another than expected.
  fileprivate static func table(_ separator: UInt8, expected: UInt8) -> ForeignFile {
    let isCSV = expected == UInt8(ascii: ",")
    let wanted = isCSV ? "commas" : "tabs"
    switch separator {
    case UInt8(ascii: "\t"): return columns("tabs", hint: "name it .tsv")
    case UInt8(ascii: ","): return columns("commas", expected: wanted, hint: "name it .csv")
    case UInt8(ascii: "|"):
      return columns("vertical bars", expected: wanted, hint: semicolons.hint)
    default:
      return isCSV ? semicolons : columns("semicolons", expected: wanted, hint: semicolons.hint)
    }
  }

  /// How files of other frameworks become readable.
  package static let conversion =
    "convert it in Python with transformers: "
    + #"AutoModel….from_pretrained(folder).save_pretrained(folder, max_shard_size="100GB")"#
}

// MARK: - The beginning of a file

/// The first bytes of a file, and what they say.
private struct Beginning {
  static let length = 4096
  let bytes: [UInt8]
  /// Where a byte order mark and white space end.
  private let text: ArraySlice<UInt8>

  init(_ all: some Sequence<UInt8>) {
    let bytes = Array(all.prefix(Self.length))
    self.bytes = bytes
    let isMarked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    text = bytes.dropFirst(isMarked ? 3 : 0).drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
  }

  /// The file is not longer than what is looked at.
  private var isWhole: Bool { bytes.count < Self.length }

  /// What nobody means, whoever reads it.
  func kind(for reader: ForeignFile.Reader) -> ForeignFile? {
    if reader.isText, isSafeTensors { return .weights }
    if let magic = Self.magics.first(where: { bytes.starts(with: $0.bytes) }),
      reader.isText || magic.isForAll, !isSafeTensors
    {
      // A story may begin with letters that are also a format's.
      let isWord = magic.bytes.allSatisfy { (0x30...0x5A).contains($0) }
      if !isWord || bytes.contains(where: { $0 < 0x09 }) { return magic.kind }
    }
    if let kind = word { return kind }
    guard reader != .weights else { return nil }
    if let kind = wide { return kind }
    guard reader.isText else { return nil }
    if case .table(let separator) = reader, let kind = table(separator) { return kind }
    let controls = bytes.count { $0 < 0x20 && !(0x08...0x0D).contains($0) && $0 != 0x1B }
    return bytes.count >= 16 && controls * 4 > bytes.count ? .binary : nil
  }

  /// What explains that a reader could not read it.
  func reason(for reader: ForeignFile.Reader) -> ForeignFile? {
    if bytes.isEmpty { return .empty }
    if text.isEmpty, isWhole { return .blank }
    switch reader {
    case .weights:
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return .marked }
      let isPlain = text.allSatisfy { $0 >= 0x20 || (0x09...0x0D).contains($0) }
      // What begins as an index does is one that was damaged.
      return wide ?? (isPlain && text.first != UInt8(ascii: "{") ? .text : nil)
    case .json:
      if isWhole, lower(text, 1024).starts(with: #"{"error":"#.utf8) { return .serverAnswer }
      // What begins a value, and U+FEFF, of which the reader speaks itself.
      let isJSON = text.first.map { "{[\"-0123456789tfn".utf8.contains($0) } ?? true
      return isJSON ? nil : .notJSON
    case .text, .table, .other: return nil
    }
  }

  // MARK: Magic numbers

  private static let magics: [(bytes: [UInt8], kind: ForeignFile, isForAll: Bool)] =
    [
      ([0x89, 0x48, 0x44, 0x46], .hdf5, true), (Array("GGUF".utf8), .gguf, true),
      ([0x1F, 0x8B, 0x08], .gzip, true), ([0x28, 0xB5, 0x2F, 0xFD], .packed, true),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], .packed, true),
      ([0x37, 0x7A, 0xBC, 0xAF], .packed, true), (Array("PAR1".utf8), .columnar, true),
      (Array("ARROW1".utf8), .columnar, true), (Array("%PDF-".utf8), .picture, true),
      ([0x89, 0x50, 0x4E, 0x47], .picture, true), ([0xFF, 0xD8, 0xFF], .picture, true),
      ([0xD0, 0xCF, 0x11, 0xE0], .office, true), ([0x50, 0x4B, 3, 4], .zip, false),
      ([0x80, 2], .weights, false), ([0x80, 3], .weights, false), ([0x80, 4], .weights, false),
      ([0x80, 5], .weights, false), ([0x93, 0x4E, 0x55, 0x4D], .weights, false),
    ]
    + (1...9).map { (Array("BZh\($0)1AY&SY".utf8), .packed, true) }

  /// Whether a length below 4 GiB and a header begin the file, whatever the length looks like.
  private var isSafeTensors: Bool {
    bytes.count > 8 && bytes[4..<8].allSatisfy { $0 == 0 } && bytes[8] == UInt8(ascii: "{")
  }

  // MARK: Text

  /// UTF-16 or UTF-32, by its mark or, without one, by the zeros beside Latin letters.
  private var wide: ForeignFile? {
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
      return .utf32
    }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return .utf16 }
    let zeros = bytes.indices.filter { bytes[$0] == 0 }
    let odd = zeros.count { !$0.isMultiple(of: 2) }
    let isOneSided = odd == 0 || odd == zeros.count
    return bytes.count >= 4 && isOneSided && zeros.count * 5 >= bytes.count * 2 ? .utf16 : nil
  }

  private func lower(_ bytes: ArraySlice<UInt8>, _ count: Int) -> [UInt8] {
    bytes.prefix(count).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
  }

  /// What is known by its first words.
  private var word: ForeignFile? {
    let start = lower(text, 32)
    func begins(_ words: String...) -> Bool { words.contains { start.starts(with: $0.utf8) } }
    if begins("version https://git-lfs") { return .gitLFSPointer }
    if begins("<!doctype", "<html", "<head", "<body", "<?xml") { return .webPage }
    if begins("<!--"), String(decoding: lower(text, Self.length), as: UTF8.self).contains("<html") {
      return .webPage
    }
    let sentence = String(decoding: start, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    return isWhole && text.count <= 32 && Self.answers.contains(sentence) ? .serverAnswer : nil
  }

  /// What servers answer instead of a file, as the whole of it.
  private static let answers: Set<String> = [
    "entry not found", "repository not found", "404: not found", "404 not found", "not found",
    "access denied", "forbidden", "unauthorized", "too many requests", "internal server error",
  ]

  /// A table of another kind than its name says: told by the line with the names of the columns.
  private func table(_ separator: UInt8) -> ForeignFile? {
    let list = text.first == UInt8(ascii: "[") ? text.dropFirst().drop { $0 <= 0x20 } : text
    if list.starts(with: "{".utf8) { return .json }
    // What stands in quotes separates nothing.
    var (isQuoted, line) = (false, [UInt8]())
    for byte in text {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if byte == 0x0A || byte == 0x0D { break }
      if !isQuoted { line.append(byte) }
    }
    if line.contains(separator) { return nil }
    return ";\t|,".utf8.first { other in
      line.indices.contains { place in
        // A comma before a blank belongs to a sentence.
        line[place] == other
          && (other != UInt8(ascii: ",") || line.dropFirst(place + 1).first != 0x20)
      }
    }.map { .table($0, expected: separator) }
  }
}
