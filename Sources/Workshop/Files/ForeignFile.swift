import Foundation
import FoxDecoding

/// # What a file is, when it is not what was asked for
///
/// A download that was refused leaves a web page under the name of a model; a clone without Git LFS
/// leaves pointers; a spreadsheet writes semicolons or UTF-16. A reader that meets one of these can
/// only say which byte it did not expect. This is the one place that knows them by their beginning,
/// and says what to do. SPEC `FILE-14`. Weights of other programs count too.
package enum ForeignFile: Equatable, Sendable, CaseIterable {
  case gitLFSPointer, webPage, hdf5, gguf, gzip, utf16, semicolons

  /// - Parameter isTable: Whether the file is called a CSV file; only there do semicolons mean
  ///   anything.
  package init?(_ bytes: some Sequence<UInt8>, isTable: Bool = false) {
    let start = Array(bytes.prefix(Self.looked))
    let isMarked = start.starts(with: [0xEF, 0xBB, 0xBF])
    let text = start.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    let lower = text.prefix(32).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    func begins(_ word: String) -> Bool { lower.starts(with: word.utf8) }
    if begins("version https://git-lfs") {
      self = .gitLFSPointer
    } else if begins("<!doctype") || begins("<html") || begins("<head") || begins("<?xml") {
      self = .webPage
    } else if start.starts(with: [0x89, 0x48, 0x44, 0x46]) {
      self = .hdf5
    } else if start.starts(with: "GGUF".utf8) {
      self = .gguf
    } else if start.starts(with: [0x1F, 0x8B, 0x08]) {
      self = .gzip
    } else if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) {
      self = .utf16
    } else if isTable, Self.hasSemicolons(isMarked ? start.dropFirst(3) : start[...]) {
      self = .semicolons
    } else {
      return nil
    }
  }

  /// What the file at a path is; `nil` where there is no file, and for a file that may be ours.
  ///
  /// Only regular files are opened: to read a pipe would take what is in it.
  package init?(path: String) {
    var information = stat()
    guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
      let file = FileHandle(forReadingAtPath: path)
    else { return nil }
    defer { try? file.close() }
    let bytes = (try? file.read(upToCount: Self.looked)) ?? Data()
    self.init(bytes, isTable: path.lowercased().hasSuffix(".csv"))
  }

  /// How many bytes are looked at.
  private static let looked = 4096

  /// Whether the names of the columns have semicolons between them and no comma.
  private static func hasSemicolons(_ bytes: ArraySlice<UInt8>) -> Bool {
    let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
    return line.contains(UInt8(ascii: ";")) && !line.contains(UInt8(ascii: ","))
  }

  /// What it is.
  package var found: String {
    switch self {
    case .gitLFSPointer: "a pointer of Git LFS"
    case .webPage: "a web page"
    case .hdf5: "an HDF5 file, as Keras writes"
    case .gguf: "a GGUF file"
    case .gzip: "a file packed with gzip"
    case .utf16: "UTF-16 text"
    case .semicolons: "semicolons between the columns"
    }
  }

  /// What to do.
  package var hint: String {
    switch self {
    case .gitLFSPointer: "run git lfs pull, or download the file itself"
    case .webPage: "was the download refused? Fetch the file again"
    case .hdf5: Self.conversion
    case .gguf: "look for the same model as safetensors"
    case .gzip: "unpack it with gunzip"
    case .utf16: "convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW"
    case .semicolons: "save it with commas, or as TSV"
    }
  }

  /// The fault of a reader that met it.
  package func fault(_ path: String) -> Fault {
    let expected =
      switch self {
      case .semicolons: "commas"
      case .utf16: "UTF-8"
      default: "the file itself"
      }
    return Fault(path, found: found, expected: expected, hint: hint)
  }

  /// How files of other frameworks become readable.
  package static let conversion =
    "convert it in Python with transformers: "
    + #"AutoModel….from_pretrained(folder).save_pretrained(folder, max_shard_size="100GB")"#
}
