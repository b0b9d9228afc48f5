import FoxFiles
import FoxKernels
import FoxModels
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Label smoothing", .counted)
struct LabelSmoothingTests {
  @Test
  func `TRAIN-21 two outputs by hand, a row without a label apart`() throws {
    let smoothing = try #require(LabelSmoothing(0.5))
    // Logits 0 and log 3 are probabilities of 1/4 and 3/4; the label is the first.
    let arena = Arena()
    let logits = arena.matrix(2, 2)
    for r in 0..<2 { (logits[r][0], logits[r][1]) = (0, 1.0986123) }
    let loss = smoothing.loss(logits, [0, CrossEntropy.ignored], scale: 2)
    // ½ log 4 + ½ · ½ (log 4 + log 4/3)
    expectClose([loss], [1.1116408], tolerance: 1e-6, "loss")
    // p − (¾, ¼), twice
    expectClose(Array(logits[0]), [-1, 1], tolerance: 1e-6, "gradient")
    #expect(Array(logits[1]) == [0, 0])
    #expect(LabelSmoothing(0) == nil)
  }

  /// The smoothed loss and its gradients, without a network: through a head of `V` words.
  @Test(arguments: Computing.allCases)
  func `TRAIN-21 a language model's term is the one of its logits`(computing: Computing) throws {
    let (words, channels, rows) = (7, 5, 6)
    var random = Seeded(21)
    func numbers(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    }
    let parameters = try Parameters([("head", [words, channels])])
    for (index, value) in numbers(words * channels).enumerated() {
      parameters.values.pointer[index] = value
    }
    let entry = try #require(parameters["head"])
    let head = try Linear(
      Weight(try parameters.tensor(entry)), bias: nil, isTransposed: true)
    let arena = Arena()
    let (x, logits) = (arena.matrix(rows, channels), arena.matrix(rows, words))
    for (index, value) in numbers(rows * channels).enumerated() {
      x[index / channels][index % channels] = value
    }
    let labels: [Int32] = [3, 0, CrossEntropy.ignored, 6, 3, 2]
    let smoothing = try #require(LabelSmoothing(0.3))
    computing {
      head.forward(x, into: logits)
      let plain = smoothing.term(logits, labels)
      expectClose(
        [smoothing.term(x, labels, head: head)], [plain], tolerance: 1e-6, "term")
      let dx = arena.matrix(rows, channels)
      dx.fill(0)
      let loss =
        CrossEntropy.loss(x, labels: labels, head: head, (0.5, dx, parameters), arena)
        + smoothing.addGradients(x, labels, scale: 0.5, to: dx, head: head, parameters)
      let whole = smoothing.loss(logits, labels, scale: 0.5)
      expectClose([loss], [whole], tolerance: 1e-6, "loss")
      // The logits are their gradient now: through the head, backwards.
      let (inputs, weights) = (arena.matrix(rows, channels), arena.matrix(words, channels))
      inputs.product(logits, head.w.t)
      weights.product(logits.t, x)
      expectClose(elements(dx), elements(inputs), tolerance: 1e-6, "dx")
      expectClose(
        elements(parameters.gradient(of: head.weight)), elements(weights), tolerance: 1e-6, "dW")
    }
  }

  private func elements(_ matrix: Matrix) -> [Float] {
    (0..<matrix.rows).flatMap { Array(matrix[$0]) }
  }

  @Test
  func `TRAIN-8 TRAIN-21 a model keeps how its texts are made; the smoothed label is said`() throws
  {
    try Places.withTemporaryFolder { folder in
      let (path, model) = ("\(folder.path)/c.json", Places.golden("folders/5/gpt2-extended"))
      let text = #"{"text": "the old woman said to the fox that it is late"}"# + "\n"
      try AtomicFile.write(Array(text.utf8), to: "\(folder.path)/t.json")
      let configuration = JSON.object(
        .init([
          ("model_name_or_path", .string(model)), ("train_file", .string("\(folder.path)/t.json")),
          ("output_dir", .string("\(folder.path)/out")), ("do_train", true), ("block_size", 4),
          ("label_smoothing_factor", 0.1),
        ]))
      try AtomicFile.write(configuration.fileBytes, to: path)
      var notes: [String] = []
      let task = try LanguageModelRun(path: path).makeTask { notes.append($0) }
      #expect(notes.contains { $0.contains("the label of the next token") })
      try task.saveCompanions(to: folder.path)
      #expect(
        try JSON.read(path: "\(folder.path)/generation_config.json")
          == JSON.read(path: "\(model)/generation_config.json"))
    }
  }

  @Test
  func `TRAIN-21 labels that are numbers, or words that are not there, cannot be smoothed`() throws
  {
    try Places.withTemporaryFolder { folder in
      let run = try RecordedClassifier.named("scores").run(
        in: folder.path, settings: ["label_smoothing_factor=0.1"])
      let fault = #expect(throws: Fault.self) { try run.prepare() }
      #expect(fault?.place == "label_smoothing_factor")
    }
    try Places.withTemporaryFolder { folder in
      let path = "\(folder.path)/c.json"
      let text =
        #"{"model_type": "gpt2", "tokenizer_name": "x", "train_file": "x", "#
        + #""output_dir": "out", "do_train": true, "sampled_vocabulary": 5, "#
        + #""label_smoothing_factor": 0.1}"#
      try AtomicFile.write(Array(text.utf8), to: path)
      let fault = #expect(throws: Fault.self) { try LanguageModelRun(path: path) }
      #expect(fault?.place == "label_smoothing_factor")
    }
  }
}
