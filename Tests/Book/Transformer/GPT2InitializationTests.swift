import FoxFiles
import FoxModels
import FoxTransformer
import TestSupport
import Testing

@Suite("Fresh models", .counted)
struct GPT2InitializationTests {
  @Test(
    arguments: Computing.allCases,
    try Golden.cases("gpt2/init.json").map { LogitsCase(golden: $0) })
  func `GPT2-11 every weight, to the last bit`(computing: Computing, run: LogitsCase) throws {
    guard case .object(var fields) = try run.golden.required("config") else { return }
    fields["model_type"] = "gpt2"
    let configuration = try GPT2Configuration(.object(fields), path: run.name)
    let seed = UInt64(try run.golden.required("seed").integer ?? 0)
    let model = try computing { try GPT2Model(fresh: configuration, seed: seed) }
    let golden = try GoldenTensors("gpt2/init.safetensors")
    for (name, tensor) in model.parameters {
      let expected = try golden["\(run.name)/\(name)"]
      #expect(tensor.shape == expected.shape)
      expectSame(tensor.elements, expected.elements, "\(run.name), \(name)")
    }
  }
}
