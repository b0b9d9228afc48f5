import Foundation
import FoxEngines
import FoxFiles
import FoxModels
import FoxQuestions
import FoxTables
import FoxTransformer
import FoxTries

// The readers of everything but weights: `FORM-6`.
extension FuzzTarget {
  /// `config.json` of GPT-2 and BERT.
  static func configurations(_ golden: String) throws -> FuzzTarget {
    let seeds = try ["gpt2", "bert"].flatMap { kind in
      let folder = "\(golden)/\(kind)/models"
      return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map {
        try Seed(path: "\(folder)/\($0)/config.json", as: "\(kind)-\($0).json")
      }
    }
    return FuzzTarget(name: "configurations", seeds: seeds) { seed, bytes in
      let json = try JSON.parse(bytes, in: seed.name)
      if seed.name.hasPrefix("gpt2") {
        let configuration = try GPT2Configuration(json, path: seed.name)
        _ = (configuration.parameterCount, configuration.json.text())
      } else {
        let configuration = try BERTConfiguration(json, path: seed.name)
        _ = (configuration.parameterCount, configuration.json.text())
      }
    }
  }

  /// `vocab.json` with `merges.txt`, and `vocab.txt`.
  static func vocabularies(_ golden: String, _ scratch: Scratch) throws -> FuzzTarget {
    let (tiny, bert) = ("\(golden)/tokenizers/tiny", "\(golden)/tokenizers/bert/uncased")
    let seeds = try ["\(tiny)/vocab.json", "\(tiny)/merges.txt", "\(bert)/vocab.txt"].map {
      try Seed(path: $0)
    }
    let (pair, words) = (try scratch.folder("pair"), try scratch.folder("words"))
    for seed in seeds.prefix(2) { try Scratch.write(seed.bytes, to: "\(pair)/\(seed.name)") }
    return FuzzTarget(name: "vocabularies", seeds: seeds) { seed, bytes in
      let folder = seed.name == "vocab.txt" ? words : pair
      try Scratch.write(bytes, to: "\(folder)/\(seed.name)")
      defer { try? Scratch.write(seed.bytes, to: "\(folder)/\(seed.name)") }
      try useTokenizer(in: folder)
    }
  }

  /// `tokenizer.json` of both kinds, and `tokenizer_config.json`.
  static func tokenizers(_ golden: String, _ scratch: Scratch) throws -> FuzzTarget {
    let (bytePairs, words) = (try scratch.folder("json-pairs"), try scratch.folder("json-words"))
    let uncased = "\(golden)/tokenizers/bert/uncased"
    let vocabulary = try Seed(path: "\(uncased)/vocab.txt")
    try Scratch.write(vocabulary.bytes, to: "\(words)/vocab.txt")
    let configuration = try Seed(path: "\(uncased)/tokenizer_config.json")
    let seeds = [
      try Seed(path: "\(golden)/tokenizers/tiny/tokenizer.json", as: "pairs-tokenizer.json"),
      Seed("words-tokenizer.json", wordPieceDocument(vocabulary)),
      Seed("words-tokenizer_config.json", configuration.bytes),
    ]
    return FuzzTarget(name: "tokenizers", seeds: seeds) { seed, bytes in
      let folder = seed.name.hasPrefix("pairs") ? bytePairs : words
      let path = "\(folder)/\(seed.name.dropFirst(6))"
      try Scratch.write(bytes, to: path)
      defer { try? FileManager.default.removeItem(atPath: path) }
      try useTokenizer(in: folder)
    }
  }

  /// The `tokenizer.json` that goes with a `vocab.txt`.
  private static func wordPieceDocument(_ vocabulary: Seed) -> String {
    let words = String(decoding: vocabulary.bytes, as: UTF8.self).split(separator: "\n")
    let table = JSON.object(
      .init(words.enumerated().map { (String($1), JSON.integer($0)) }))
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].compactMap { token -> JSON? in
      guard let id = words.firstIndex(of: token[...]) else { return nil }
      return [
        "id": .integer(id), "content": .string(token), "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true,
      ]
    }
    let document: JSON = [
      "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(special),
      "normalizer": [
        "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
        "strip_accents": nil, "lowercase": true,
      ],
      "pre_tokenizer": ["type": "BertPreTokenizer"], "post_processor": nil,
      "decoder": ["type": "WordPiece", "prefix": "##", "cleanup": true],
      "model": [
        "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100, "vocab": table,
      ],
    ]
    return document.text()
  }

  private static func useTokenizer(in folder: String) throws {
    var encoder = try AnyTokenizer.load(folder: folder).makeEncoder()
    var options = EncodingOptions()
    options.maxLength = 12
    options.truncation = .longestFirst
    let text = "The brown fox, na\u{EF}ve [MASK] e\u{301} \u{1F98A}\n\t\u{0}jumps 1234"
    _ = try encoder.encode(text, pair: nil, options: options)
  }

  /// TSV, CSV, JSON, JSON lines and texts; CoQA's stories.
  static func tables(_ golden: String) throws -> FuzzTarget {
    let seeds = [
      Seed("a.tsv", "sentence\tlabel\ngood film\t1\nbad \"film\"\t0\n\t1\n"),
      Seed("a.csv", "id,text,label\n1,\"a, \"\"b\"\"\nc\",yes\n2,d,no\n3,,1.5\r\n"),
      Seed(
        "a.jsonl",
        "{\"story\": \"One. Two.\", \"id\": 1}\n{\"story\": \"Three.\", \"id\": null}\n"),
      Seed("a.txt", "One.\n<|endoftext|>\nTwo.\n\nThree."),
      Seed(
        "coqa.json",
        "{\"version\": \"1.0\", \"data\": [{\"source\": \"mctest\", \"id\": \"3dr\", \"filename\": "
          + "\"a.txt\", \"story\": \"Once. Upon a time.\", \"questions\": [{\"input_text\": \"Who?\", "
          + "\"turn_id\": 1}], \"answers\": [{\"span_start\": 0, \"input_text\": \"a\"}], \"name\": \"a\"}]}"
      ),
    ]
    return FuzzTarget(name: "tables", seeds: seeds) { seed, bytes in
      let options = TableOptions(
        field: seed.name == "coqa.json" ? "data" : nil,
        documentSeparator: seed.name == "a.txt" ? "<|endoftext|>" : nil)
      let table = try Table.read(bytes, name: seed.name, options: options)
      let column = try table.textColumn(given: nil).name
      _ = try table.texts(column: column)
      if seed.name.hasSuffix("sv") { _ = try table.column("label") }
      _ = try table.holdOut(every: 2)
    }
  }

  /// Files of results, which reports are made of.
  static func results(_ golden: String) throws -> FuzzTarget {
    let sample = try JSON.read(path: "\(golden)/report/results.json")["results"] ?? .null
    let seeds = [Seed("results.json", sample.text(.indented))]
    return FuzzTarget(name: "results", seeds: seeds) { seed, bytes in
      let results = try HomeworkResults(JSON.parse(bytes, in: seed.name), path: seed.name)
      _ = try results.json.text()
    }
  }

  /// Recorded translations, and the file of a cache.
  static func translations(_ golden: String, _ scratch: Scratch) throws -> FuzzTarget {
    let line = "{\"path\": [\"eng\", \"spa\"], \"text\": \"a fox\", \"translation\": \"un zorro\", "
    let lines = line + "\"engine\": \"apertium eng-spa 0.8\"}\n" + line + "\"engine\": \"x\"}\n"
    let seeds = [
      Seed("cache.jsonl", lines),
      try Seed(path: "\(golden)/homework/back-translation.json"),
    ]
    let folder = try scratch.folder("translations")
    return FuzzTarget(name: "translations", seeds: seeds) { seed, bytes in
      let path = "\(folder)/\(seed.name)"
      try Scratch.write(bytes, to: path)
      let record = try RecordedEngine(path: path)
      if let language = Language("eng") { _ = record.pivots(of: language) }
      // A cache appends, so it takes no document.
      if seed.name == "cache.jsonl" { _ = try CachedEngine(record, path: path).directions() }
    }
  }
}
