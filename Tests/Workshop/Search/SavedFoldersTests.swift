import FoxDecoding
import FoxFiles
import FoxKernels
import FoxModels
import FoxSearch
import FoxTries
import TestSupport
import Testing

/// A folder as a version of transformers saved it, with what that version computes from it.
struct SavedFolder: CustomTestStringConvertible, Sendable {
  let version: String
  let golden: JSON
  var name: String { golden["name"]?.string ?? "?" }
  var path: String { Places.golden("folders/\(version)/\(name)") }
  var testDescription: String { "\(version)/\(name)" }

  static func all(_ kind: String = "") throws -> [SavedFolder] {
    try ["4.57", "5"].flatMap { version in
      try Golden.arguments("folders/\(version).json") {
        let folder = SavedFolder(version: version, golden: $0)
        return folder.name.hasPrefix(kind) ? folder : nil
      }
    }
  }

  /// The recorded numbers of a text.
  func tensor(_ index: Int) throws -> Tensor {
    try GoldenTensors("folders/\(version).safetensors")["\(name)/\(index)"]
  }

  /// The text, or the two of a pair, and what it is encoded to.
  func encodings() throws -> [(texts: [String], golden: JSON)] {
    try golden.list("encodings").map { encoding in
      (try encoding.list("texts").compactMap(\.string), encoding)
    }
  }
}

@Suite("Folders that today's transformers saved", .counted)
struct SavedFoldersTests {
  @Test
  func `LOAD-9 there are five folders of each version`() throws {
    #expect(try SavedFolder.all().count == 10)
  }

  /// What `check_written.py` found with a built program.
  @Test(arguments: ["4.57", "5"])
  func `LOAD-9 transformers loaded what fox wrote`(version: String) throws {
    let cases = try Golden.cases("folders/written-\(version).json")
    #expect(cases.count == 9)
    for written in cases {
      expectWithin(
        try written.required("difference").number(), Bound.of("LOAD-9", "compute the same"),
        written["name"]?.string ?? "?")
    }
  }

  @Test(arguments: try SavedFolder.all())
  func `LOAD-9 ids, tokens, offsets and types`(folder: SavedFolder) throws {
    let tokenizer = try AnyTokenizer.load(folder: folder.path)
    #expect(tokenizer.count == folder.golden["count"]?.integer)
    for (texts, golden) in try folder.encodings() {
      let (encoding, text) = try encoded(tokenizer, texts)
      let what = "of \(texts)"
      expectSame(encoding.ids, try golden.required("ids").integers(), "ids \(what)")
      expectSame(
        encoding.tokens, try golden.list("tokens").compactMap(\.string), "tokens \(what)")
      expectSame(
        encoding.offsets.flatMap { [$0.lowerBound, $0.upperBound] },
        try golden.required("offsets").integers(), "offsets \(what)")
      expectSame(encoding.typeIDs, try golden.required("types").integers(), "types \(what)")
      #expect(text == golden["text"]?.string)
    }
  }

  /// What texts are encoded to, and the text that its ids say.
  private func encoded(
    _ tokenizer: any TextTokenizer, _ texts: [String]
  ) throws -> (Encoding, String) {
    var encoder = tokenizer.makeEncoder()
    let encoding = try encoder.encode(
      texts[0], pair: texts.count > 1 ? texts[1] : nil, options: EncodingOptions())
    return (
      encoding,
      try tokenizer.decode(encoding.ids, skipSpecialTokens: false, cleanUpSpaces: false)
    )
  }

  @Test(arguments: Computing.allCases, try SavedFolder.all("gpt2"))
  func `LOAD-9 logits of GPT-2`(computing: Computing, folder: SavedFolder) throws {
    let loaded = try GPT2Model.load(folder: folder.path)
    #expect(loaded.report.description == "")
    for index in [0, 2] {
      let ids = try folder.encodings()[index].golden.required("ids").integers()
      let ours = try computing { try loaded.model.logits([ids]) }
      expectClose(
        ours.elements, try folder.tensor(index).elements,
        tolerance: Bound.of("LOAD-9", "logits"), "logits")
    }
  }

  @Test(arguments: Computing.allCases, try SavedFolder.all("bert"))
  func `LOAD-9 hidden states and logits of BERT`(computing: Computing, folder: SavedFolder) throws {
    let loaded = try BERTModel.load(folder: folder.path)
    #expect(loaded.report.missing.isEmpty)
    #expect(loaded.report.unexpected.allSatisfy { $0.hasPrefix("cls.") })
    for (index, encoding) in try folder.encodings().enumerated() {
      let ids = try encoding.golden.required("ids").integers().map { Int32($0) }
      let types = try encoding.golden.required("types").integers().map { Int32($0) }
      let batch = BERTBatch([ids], typeIDs: [types])
      let ours = try computing {
        loaded.model.classifier == nil
          ? try loaded.model.hiddenStates(batch).states : try loaded.model.logits(batch)
      }
      expectClose(
        ours.elements, try folder.tensor(index).elements,
        tolerance: Bound.of("LOAD-9", "hidden states"), "text \(index)")
    }
    if loaded.model.classifier != nil {
      #expect(loaded.model.configuration.labels == ["bad", "good", "neither"])
    }
  }

  @Test(arguments: Computing.allCases, try SavedFolder.all("gpt2"))
  func `LOAD-9 GEN-8 HF-5 texts of greedy search and of beams`(
    computing: Computing, folder: SavedFolder
  ) throws {
    let model = try GPT2Model.load(folder: folder.path).model
    let file = try GenerationConfiguration(folder: folder.path)
    #expect(file.ignored == [])
    for golden in try folder.golden.list("generated") {
      let options = try golden.required("options")
      let found = try computing {
        try texts(of: golden.required("prompt").integers(), options, file, model)
      }
      let rows = try golden.list("rows").map { try $0.integers() }
      expectSame(found.map(\.ids), rows, "ids, \(options.text())")
      guard let scores = golden["scores"], !scores.isNull else { continue }
      // Sums of 16 log-probabilities, of which a length penalty of −1 makes hundreds.
      for (row, score) in zip(found, try scores.floats()) {
        expectWithin(
          abs(row.score - Double(score)) / max(1, abs(Double(score))),
          Bound.of("LOAD-9", "scores"), "score, relative")
      }
    }
  }

  /// Texts and scores: as the options say, and where they are silent the folder's file.
  private func texts(
    of prompt: [Int], _ options: JSON, _ file: GenerationConfiguration, _ model: GPT2Model
  ) throws -> [(ids: [Int], score: Double)] {
    let endTokens = file.endTokens ?? model.configuration.endTokens
    var settings = ProcessorOptions()
    settings.repetitionPenalty = file.repetitionPenalty
    let processors = try settings.processors(endTokens: endTokens)
    let beams = options["num_beams"]?.integer ?? file.beams ?? 1
    if beams == 1 {
      let generator = try TokenGenerator(
        maxNewTokens: 16, endTokens: Set(endTokens), processors: processors)
      return try generator.run([prompt], on: model).map { ($0.ids, 0) }
    }
    var search = try StoppingBeamSearch(beams: beams, maxNewTokens: 16, endTokens: endTokens)
    search.processors = processors
    search.returned = options["num_return_sequences"]?.integer ?? file.returned ?? 1
    search.lengthPenalty = options["length_penalty"]?.double ?? file.lengthPenalty ?? 1
    search.earlyStopping =
      switch options["early_stopping"] {
      case nil: file.earlyStopping ?? .heuristic
      case .bool(true): .whenFull
      case .bool(false): .heuristic
      default: .never
      }
    return try search.run([prompt], on: model)[0].map { ($0.ids, $0.score) }
  }
}
