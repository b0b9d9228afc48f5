import Foundation
import FoxFiles
import FoxKernels
import FoxModels
import FoxTries
import TestSupport
import Testing

@Suite("The committed model", .counted)
struct TaleLogitsTests {
  /// All with the kernels. In plain Swift, where an unoptimised build takes 0.3 s for each token, the
  /// short texts.
  static func runs() throws -> [(Computing, JSON)] {
    let all = try Golden.cases("gpt2/tale.json")
    let short = try all.filter { try $0.required("ids").integers().count <= 13 }
    try #require(!short.isEmpty)
    return all.map { (.kernels, $0) } + short.map { (.plain, $0) }
  }

  @Test(.tier(.t1), arguments: try runs())
  func `GPT2-19 its logits are those that transformers computes of the same folder`(
    computing: Computing, golden: JSON
  ) throws {
    let folder = Places.weights.appendingPathComponent("tale-gpt2").path
    let (model, tokenizer) = (
      try GPT2Model.load(folder: folder).model, try GPT2Tokenizer(folder: folder)
    )
    let ids = try golden.required("ids").integers()
    #expect(try tokenizer.encodeIDs(golden.required("text").string ?? "") == ids)
    let logits = try computing { try model.logits([ids]) }
    let vocabulary = model.configuration.vocabularySize
    let (best, bestLogits) = (golden["best"]?.array ?? [], golden["best_logits"]?.array ?? [])
    let (sums, following) = (
      try golden.required("log_sum_exp").floats(), try golden.required("following").floats()
    )
    try #require(best.count == ids.count && bestLogits.count == ids.count)
    try #require(sums.count == ids.count && following.count == ids.count - 1)
    for position in ids.indices {
      let row = logits.pointer + position * vocabulary
      let expected = try bestLogits[position].floats()
      // Logits lie between −20 and 10; the reference differs from itself by the golden's noise floor.
      expectClose(
        try best[position].integers().map { row[$0] }, expected, tolerance: Bound.of("GPT2-19"),
        "the largest after token \(position)")
      let most = expected.first ?? 0
      #expect(!(0..<vocabulary).contains { row[$0] > most + 5e-5 })
      if position + 1 < ids.count {
        expectClose(
          [row[ids[position + 1]]], [following[position]], tolerance: Bound.of("GPT2-19"),
          "following")
      }
      let sum = (0..<vocabulary).reduce(0.0) { $0 + exp(Double(row[$1] - most)) }
      expectWithin(
        abs(log(sum) + Double(most) - Double(sums[position])), Bound.of("GPT2-19"), "log-sum-exp")
    }
  }

  @Test(.tier(.t1))
  func `GPT2-19 the card and the results have the hash of the weights`() throws {
    let folder = Places.weights.appendingPathComponent("tale-gpt2")
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    let hash = try SHA256.hash(of: MappedFile(path: path("model.safetensors"))).hexadecimal
    let results = try JSON.read(path: path("results.json"))
    #expect(results["sha256"]?.string == hash)
    #expect(try String(contentsOfFile: path("MODEL_CARD.md"), encoding: .utf8).contains(hash))
    let recipe = try JSON.read(path: path("recipe.json"))
    #expect(recipe["max_steps"] == results["steps"])
  }
}
