import Foundation
import FoxDecoding
import FoxEngines
import FoxFiles
import FoxFormats
import FoxModels
import FoxQuestions
import FoxSearch
import FoxTables
import FoxTrainer
import FoxTries
import TestSupport
import Testing

@testable import fox

/// A reader of a file: what it opens, in which folder, and how.
struct FileReader: CustomTestStringConvertible, Sendable {
  let name: String
  /// Folders whose files lie beside it.
  var beside: [String] = []
  /// Files of these that would be read instead.
  var without: [String] = []
  /// Kinds that it takes.
  var takes: [ForeignFile] = []
  let read: @Sendable (_ folder: String, _ path: String) throws -> Void
  var testDescription: String { name }

  /// Makes the folder with the file in it, and tells what a command would say of reading it.
  func failure(_ put: (_ path: String) throws -> Void) throws -> (message: String?, path: String) {
    try Places.withTemporaryFolder { url in
      for folder in beside {
        for file in try FileManager.default.contentsOfDirectory(atPath: folder)
        where file != name && !without.contains(file) {
          try FileManager.default.createSymbolicLink(
            atPath: "\(url.path)/\(file)", withDestinationPath: "\(folder)/\(file)")
        }
      }
      let path = "\(url.path)/\(name)"
      try put(path)
      do { try read(url.path, path) } catch {
        let message = "\(error)"
        return (Diagnosis.of(message)?.description ?? message, path)
      }
      return (nil, path)
    }
  }

  private static let gpt2 = ["gpt2/models/plain", "tokenizers/tiny"].map { Places.golden($0) }
  private static let bert = ["bert/models/plain", "tokenizers/bert/uncased"].map {
    Places.golden($0)
  }
  private static let weights = ["model.safetensors"]

  private static func table(_ name: String) -> FileReader {
    FileReader(name: name) { _, path in
      let table = try Table.read(path: path)
      // As commands do: a table without rows is no data.
      if table.count == 0 { throw Fault.noRows(path) }
      _ = try table.texts(column: table.textColumn().name)
    }
  }

  /// All of them.
  static let all: [FileReader] =
    [
      "model.safetensors", "pytorch_model.bin", "model.npz", "model.safetensors.index.json",
      "pytorch_model.bin.index.json",
    ].map { name in
      .init(name: name, beside: gpt2, without: weights) { folder, _ in
        _ = try GPT2Model.load(folder: folder)
      }
    }
    + ["model.safetensors", "config.json"].map { name in
      .init(name: name, beside: bert, without: []) { folder, _ in
        _ = try BERTModel.load(folder: folder)
      }
    }
    + [
      .init(name: "any.safetensors") { _, path in _ = try Checkpoint(path: path) },
      .init(name: "config.json", beside: gpt2) { folder, _ in
        _ = try GPT2Model.load(folder: folder)
      },
      .init(name: "generation_config.json") { folder, _ in
        _ = try GenerationConfiguration(folder: folder)
      },
      .init(name: "modules.json") { folder, _ in _ = try SentenceSettings(folder: folder) },
      .init(name: "columns.json") { folder, _ in
        let table = try Table(name: "t", columns: ["a"], rows: [["b"]])
        _ = try ClassifierColumns(ofModel: folder, in: table, label: nil)
      },
      .init(name: "lm.json") { _, path in _ = try LanguageModelRun(path: path) },
      .init(name: "classifier.json") { _, path in _ = try ClassifierRun(path: path) },
      .init(name: "results.json") { _, path in _ = try HomeworkResults.read(path: path) },
      .init(name: "translations.json") { _, path in _ = try RecordedEngine(path: path) },
      .init(name: "answer.json") { _, path in
        let text = try Input.file(path)
        _ = try AnswerCheck(
          text, path: path, question: .beamSearch,
          reference: HomeworkResults(
            JSON.read(path: Places.golden("report/results.json"))["results"] ?? .null, path: path))
      },
    ]
    + [
      "vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", "added_tokens.json",
      "special_tokens_map.json",
    ].map { name in
      .init(name: name, beside: [gpt2[1]], without: ["tokenizer.json"]) { folder, _ in
        _ = try GPT2Tokenizer(folder: folder)
      }
    }
    + ["vocab.txt", "tokenizer.json", "tokenizer_config.json"].map { name in
      .init(name: name, beside: [bert[1]]) { folder, _ in _ = try BERTTokenizer(folder: folder) }
    }
    + [.init(name: "tokenizer.json") { folder, _ in _ = try AnyTokenizer.load(folder: folder) }]
    + ["data.csv", "data.tsv", "data.json", "data.jsonl"].map(table)
    + [
      .init(name: "coqa-train.json") { folder, _ in
        try AtomicFile.write(Array("[]".utf8), to: "\(folder)/coqa-dev.json")
        _ = try HomeworkData(folder: folder).splitStories()
      },
      // A text may be blank.
      .init(name: "rouge.txt", takes: [.blank]) { _, path in
        _ = try RougeCommand.lines(of: path)
      },
      .init(name: "trainer_state.json") { _, path in
        _ = try TrainerState(JSON.read(path: path), path: path)
      },
    ]
    + ["labels.txt", "labels.tsv", "labels.json"].map { name in
      .init(name: name) { _, path in
        _ = try LabelFile(path, preferring: "label", FieldOption.parse([])).scores()
      }
    }
}

@Suite("Every reader names files of other kinds", .counted)
struct ForeignReaderTests {
  /// Kinds that no reader can mean.
  static let kinds: [(bytes: [UInt8], kind: ForeignFile)] = [
    ([], .empty), (Array("\n \n".utf8), .blank),
    (Array("version https://git-lfs.github.com/spec/v1\r\noid sha256:0\r\n".utf8), .gitLFSPointer),
    (Array("<!DOCTYPE html>\n<html>Sign in</html>\n".utf8), .webPage),
    (Array("\u{FEFF}<html>".utf8), .webPage), (Array("Entry not found".utf8), .serverAnswer),
    ([0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 3], .gzip), (Array("PAR1\u{15}\u{0}".utf8), .columnar),
    (Array("%PDF-1.7\n%\u{E2}\n".utf8), .picture), ([0x89, 0x48, 0x44, 0x46, 0x0D], .hdf5),
    (Array("GGUF\u{3}\0\0\0".utf8), .gguf),
    ([0xFF, 0xFE] + Array("{\"a\": 1}".utf8).flatMap { [$0, 0] }, .utf16),
    (Array("{\"a\": 1}\n".utf8).flatMap { [$0, 0] }, .utf16),
  ]

  @Test(arguments: FileReader.all)
  func `CLI-23 FILE-14 every reader, every kind`(reader: FileReader) throws {
    for (bytes, kind) in Self.kinds where !reader.takes.contains(kind) {
      let (message, path) = try reader.failure { try AtomicFile.write(bytes, to: $0) }
      guard let message else {
        Issue.record("\(reader.name) takes \(kind.found)")
        continue
      }
      #expect(message == kind.fault(path).description)
    }
  }

  @Test(arguments: FileReader.all)
  func `CLI-23 a folder in the place of a file is named`(reader: FileReader) throws {
    let (message, path) = try reader.failure {
      try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: false)
    }
    #expect(message?.hasPrefix("\(path): found a folder") == true, "\(message ?? "no failure")")
  }

  // An empty cache is a cache: nothing was translated yet.
  @Test
  func `CLI-23 AUG-11 a cache that is empty is one; one of another kind is named`() throws {
    try Places.withTemporaryFolder { folder in
      let recording: JSON = [
        "translations": [["path": ["eng", "spa"], "text": "a", "translation": "b"]]
      ]
      try AtomicFile.write(Array(recording.text().utf8), to: "\(folder.path)/recording.json")
      let engine = try RecordedEngine(path: "\(folder.path)/recording.json")
      let path = "\(folder.path)/cache.jsonl"
      for (bytes, kind) in Self.kinds {
        try AtomicFile.write(bytes, to: path)
        let run = Result { try CachedEngine(engine, path: path) }
        if kind == .empty {
          _ = try run.get()
          continue
        }
        let error = #expect(throws: Fault.self) { try run.get() }
        #expect(Diagnosis.of(error?.description ?? "") == kind.fault(path))
      }
    }
  }
}
