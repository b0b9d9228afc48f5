import FoxFiles
import FoxKernels
import FoxModels
import TestSupport
import Testing

@Suite("Models with other activations", .counted)
struct ActivationNamesTests {
  /// What a message says is expected.
  static let all =
    "one of gelu, gelu_new, relu, silu, tanh, quick_gelu, swish, gelu_python, gelu_fast, "
    + "gelu_pytorch_tanh"
  private static let path = "layers/activations.json"

  static func names() throws -> [String] {
    try Golden.arguments(path, in: "names") { $0.string }
  }

  /// The configuration of the golden, and what it adds.
  private func configuration(
    _ kind: String, _ added: (String, JSON)...
  ) throws -> (JSON, ids: [Int32], seed: UInt64) {
    let golden = try Golden.json(Self.path)
    guard case .object(var fields) = try golden.required(kind) else { throw Missing() }
    fields["model_type"] = .string(kind)
    for (key, value) in added { fields[key] = value }
    let ids = try #require(golden["ids"]?.array?.first).integers().map { Int32($0) }
    return (.object(fields), ids, UInt64(try #require(golden["seed"]?.integer)))
  }

  private struct Missing: Error {}

  private func expect(_ logits: Tensor, _ name: String) throws {
    let golden = try GoldenTensors("layers/activations.safetensors")[name]
    expectClose(
      logits.elements, golden.elements, tolerance: Bound.of("LAYER-15", "logits"), name)
  }

  @Test(arguments: Computing.allCases, try names())
  func `LAYER-15 a GPT-2 has the activation that its configuration names`(
    computing: Computing, name: String
  ) throws {
    let (json, ids, seed) = try configuration("gpt2", ("activation_function", .string(name)))
    let configuration = try GPT2Configuration(json, path: name)
    #expect(try GPT2Configuration(configuration.json, path: name) == configuration)
    let model = try GPT2Model(fresh: configuration, seed: seed)
    try expect(computing { try model.logits([ids.map { Int($0) }]) }, "gpt2/\(name)")
  }

  @Test(arguments: Computing.allCases, try names())
  func `LAYER-15 a BERT has the activation that its configuration names`(
    computing: Computing, name: String
  ) throws {
    let (json, ids, seed) = try configuration("bert", ("hidden_act", .string(name)))
    var configuration = try BERTConfiguration(json, path: name)
    #expect(try BERTConfiguration(configuration.json, path: name) == configuration)
    configuration.architecture = .classifier
    let model = try BERTModel(fresh: configuration, seed: seed)
    try expect(computing { try model.logits(BERTBatch([ids])) }, "bert/\(name)")
  }

  @Test
  func `BERT-2 chunks of the feed-forward network change nothing`() throws {
    let (json, ids, seed) = try configuration("bert", ("chunk_size_feed_forward", 4))
    var configuration = try BERTConfiguration(json, path: "chunked")
    configuration.architecture = .classifier
    let model = try BERTModel(fresh: configuration, seed: seed)
    try expect(model.logits(BERTBatch([ids])), "bert/chunked")
  }
}
