import Foundation
import FoxData
import FoxDecoding
import FoxEngines
import FoxFiles
import FoxModels
import FoxSearch
import FoxTrainer
import FoxTransformer
import FoxTries
import TestSupport
import Testing

@Suite("A long life", .counted)
struct SoakTests {
  @Test(.tier(.heavy))
  func `SOAK-1 used again and again, the library's memory does not grow`() async throws {
    // In a process of its own, so that no other test's memory counts.
    await #expect(processExitsWith: .success) {
      let asked = ProcessInfo.processInfo.environment["FOX_SOAK_SECONDS"].flatMap(Double.init)
      let seconds = asked ?? 60
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("brownfox-soak-\(getpid())").path
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let soak = try Soak(folder: folder)
      let clock = ContinuousClock()
      let start = clock.now
      // The first rounds fill what is kept for ever: arenas, threads, the allocator's own lists.
      var (rounds, warm) = (0, 0)
      while rounds < 20 || clock.now - start < .seconds(seconds) {
        try soak.round(rounds)
        rounds += 1
        if rounds <= 10 || clock.now - start < .seconds(seconds / 5) {
          warm = max(warm, Soak.residentKilobytes())
        }
      }
      let end = Soak.residentKilobytes()
      let growth: Double = Bound.of("SOAK-1")
      print(
        "SOAK-1: \(rounds) rounds, \(warm >> 10) MB after warming up, \(end >> 10) MB at the end")
      if !(Double(end) <= Double(warm) * (1 + growth)) { exit(1) }
    }
  }
}

/// One of everything: what a program does that runs for days.
private struct Soak {
  private let folder: String
  private let record: String

  init(folder: String) throws {
    self.folder = folder
    try Folder.create(folder)
    record = "\(folder)/record.jsonl"
    let line =
      "{\"path\": [\"eng\", \"spa\"], \"text\": \"a fox\", \"translation\": \"un zorro\"}\n"
    try AtomicFile.write(Array(line.utf8), to: record)
  }

  func round(_ number: Int) throws {
    try search()
    try embed()
    try train()
    try translate(number)
  }

  /// A model is loaded, searched and given up.
  private func search() throws {
    let model = try GPT2Model.load(folder: FoxProcess.model).model
    let tokenizer = try GPT2Tokenizer(folder: FoxProcess.model)
    let ids = try tokenizer.encode("The cat").ids
    _ = try BeamSearch(beams: 3, steps: 4, processors: [BeamBlock()]).run(ids, on: model)
    _ = try TokenGenerator(maxNewTokens: 4, choice: .sampled(seed: 1)).run([ids], on: model)
  }

  private func embed() throws {
    let model = try BERTModel.load(folder: Places.golden("bert/models/plain")).model
    let tokenizer = try BERTTokenizer(folder: Places.golden("tokenizers/bert/uncased"))
    let words = model.configuration.vocabularySize
    let ids = try tokenizer.encode("the fox").ids.map { Int32($0 % words) }
    _ = try model.embeddings(BERTBatch([ids, ids]))
  }

  /// Two steps with a checkpoint, and a run that goes on from it.
  private func train() throws {
    let path = Places.golden("gpt2/models/few-words/config.json")
    let configuration = try GPT2Configuration(JSON.read(path: path), path: path)
    let words = configuration.vocabularySize
    let blocks = try LanguageModelBlocks.cut(["a"], blockSize: 6) { _ in
      [(0..<24).map { $0 * 7 % words }]
    }
    var arguments = TrainingArguments(outputFolder: "\(folder)/run")
    (arguments.trainingBatchSize, arguments.epochs, arguments.saveSteps) = (2, 1, 1)
    for checkpoint in [nil, "\(folder)/run/checkpoint-1"] {
      let task = try LanguageModelTask(
        GPT2Trainable(GPT2Model(fresh: configuration, seed: 1)), training: blocks)
      _ = try Trainer(task, arguments).train(resumingFrom: checkpoint)
    }
  }

  /// A text that a record knows, through the file of a cache.
  private func translate(_ number: Int) throws {
    let path = "\(folder)/cache-\(number % 2).jsonl"
    try? FileManager.default.removeItem(atPath: path)
    let engine = try CachedEngine(RecordedEngine(path: record), path: path)
    for direction in try engine.directions() {
      try engine.translate(["a fox"], direction) { _, text in
        if text != "un zorro" { throw Fault("the record", found: text, expected: "un zorro") }
      }
    }
  }

  /// `VmRSS` of this process.
  static func residentKilobytes() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return Int(line.filter(\.isNumber)) ?? 0
  }
}
