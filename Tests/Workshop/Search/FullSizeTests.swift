import Foundation
import FoxFiles
import FoxFormats
import FoxKernels
import FoxModels
import FoxSearch
import TestSupport
import Testing

/// With the kernels only: in plain Swift an unoptimised build takes seconds for each token.
@Suite("GPT-2 small, random weights, at full size", .counted, .serialized)
struct FullSizeTests {
  /// The folder of `fox init gpt2 --seed 0`, made once for a run; its weights are mapped.
  static let model = Result {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("brownfox-full-size-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }  // what is mapped stays readable
    let fresh = try GPT2Model(fresh: GPT2Configuration(), seed: 0)
    let file = folder.appendingPathComponent(SafeTensorsFile.standardName).path
    try SafeTensorsFile.write(
      fresh.parameters.map { OutgoingTensor("transformer.\($0.name)", $0.tensor) }, to: file)
    let configuration = GPT2Configuration().json.text()
    try AtomicFile.write(Array(configuration.utf8), to: folder.path + "/config.json")
    let hash = try SHA256.hash(of: MappedFile(path: file)).hexadecimal
    return (try GPT2Model.load(folder: folder.path).model, hash)
  }

  @Test(.tier(.heavy))
  func `GPT2-11 GPT2-12 the weights are those the reference was given`() throws {
    let models = try Golden.json("gpt2/full-size.json").required("provenance").required("models")
    #expect(try models["full-size"]?.string == Self.model.get().1)
  }

  @Test(.tier(.heavy))
  func `GPT2-12 logits`() throws {
    let golden = try Golden.json("gpt2/full-size.json")
    let model = try Self.model.get().0
    let vocabulary = model.configuration.vocabularySize
    let ids = try golden.required("prompt_ids").integers()
    let logits = try model.logits([ids]).elements
    for row in try golden.required("rows").array ?? [] {
      let index = row["row"]?.integer ?? 0
      let values = Array(logits[index * vocabulary..<(index + 1) * vocabulary])
      let first = try row.required("first").floats()
      // Measured: 4e-6; the reference differs from itself by 7.6e-6.
      expectClose(
        Array(values.prefix(first.count)), first, tolerance: 2e-5, "row \(index)")
      #expect(Operations.current.largest(values, values.count) == row["argmax"]?.integer)
      var normalised = values
      let total = Rows.logSoftmax(values, &normalised, count: values.count)
      #expect(abs(Double(total) - (row["log_sum_exp"]?.double ?? 0)) < 1e-4)
    }
  }

  @Test(.tier(.heavy))
  func `GPT2-12 BEAM-1 beam search and greedy search`() throws {
    let model = try Self.model.get().0
    for golden in try Golden.json("gpt2/full-size.json").required("searches").array ?? [] {
      let run = BeamCase(golden: golden)
      try run.check(run.run(on: model), tolerance: Bound.of("GPT2-12"))
    }
  }
}
