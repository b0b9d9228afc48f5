import FoxFiles
import FoxKernels
import FoxModels
import TestSupport
import Testing

@Suite("GPT-2 configurations", .counted)
struct GPT2ConfigurationTests {
  @Test(arguments: [true, false])
  func `GPT2-1 the model asks for its weights in the order of the state dictionary`(
    tied: Bool
  ) throws {
    var small = GPT2Configuration()
    (small.vocabularySize, small.positions, small.channels) = (7, 5, 4)
    (small.heads, small.innerChannels, small.layers, small.tiesEmbeddings) = (2, 6, 2, tied)
    let weights = try GPT2Model(fresh: small, seed: 0).weights
    expectSame(weights.map(\.name), small.parameters.map(\.name), "names")
    expectSame(weights.map(\.weight.shape), small.parameters.map(\.shape), "shapes")
  }

  private func read(_ text: String) throws -> GPT2Configuration {
    try GPT2Configuration(JSON.parse(Array(text.utf8)), path: "config.json")
  }

  @Test
  func `GPT2-1 absent keys have transformers' defaults`() throws {
    #expect(try read(#"{"model_type": "gpt2"}"#) == GPT2Configuration())
    #expect(try read(#"{"architectures": ["GPT2LMHeadModel"]}"#) == GPT2Configuration())
    let narrow = try read(#"{"model_type": "gpt2", "n_embd": 24, "n_head": 3, "n_inner": null}"#)
    #expect(narrow.innerChannels == 96)
  }

  @Test
  func `GPT2-1 what is written is read back`() throws {
    var configuration = GPT2Configuration()
    configuration.channels = 24
    configuration.heads = 4
    configuration.innerChannels = 50
    configuration.layerNormEpsilon = 1e-12
    configuration.scalesAttentionByLayer = true
    configuration.tiesEmbeddings = false
    configuration.vocabularySize = 100
    configuration.endTokens = [99, 3]
    configuration.startToken = 7
    #expect(try read(configuration.json.text(.indented)) == configuration)
    #expect(configuration.json.text().contains("\"layer_norm_epsilon\": 1e-12"))
  }

  @Test
  func `GPT2-1 transformers' other names for sizes`() throws {
    let read = try read(
      #"{"model_type": "gpt2", "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3}"#
    )
    #expect(read.channels == 24 && read.layers == 2 && read.heads == 3)
  }

  @Test
  func `GPT2-1 end tokens outside the vocabulary can never come, and do not count`() throws {
    let read = try read(
      #"{"model_type": "gpt2", "vocab_size": 100, "eos_token_id": [99, 50256], "bos_token_id": 3}"#)
    #expect(read.endTokens == [99] && read.startToken == 3)
    #expect(try self.read(#"{"model_type": "gpt2", "vocab_size": 100}"#).endTokens == [])
  }

  @Test
  func `GPT2-2 heads that were cut out, and a classifier, are refused by key`() throws {
    for (text, key) in [
      (#""pruned_heads": {"1": [0, 2]}"#, "pruned_heads"),
      (#""pruned_heads": [3]"#, "pruned_heads"),
      (#""architectures": ["GPT2ForSequenceClassification"]"#, "architectures"),
      (#""architectures": ["GPT2ForTokenClassification"]"#, "architectures"),
    ] {
      let fault = fault { try read("{\"model_type\": \"gpt2\", \(text)}") }
      #expect(fault?.place == key, "\(text)")
    }
    for text in [
      #""pruned_heads": {}"#, #""pruned_heads": null"#, #""architectures": ["GPT2Model"]"#,
    ] {
      _ = try read("{\"model_type\": \"gpt2\", \(text)}")
    }
  }

  @Test
  func `GPT2-2 a configuration made in memory is checked too`() {
    var configuration = GPT2Configuration()
    configuration.heads = 0
    #expect(
      throws: Fault.configuration(
        path: "configuration", key: "n_head", found: "0", expected: "at least 1")
    ) { try GPT2Model(fresh: configuration, seed: 0) }
  }

  @Test
  func `GPT2-1 124 million parameters`() {
    let count = GPT2Configuration().parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
    #expect(count == 124_439_808)
  }

  @Test(arguments: [
    (#"[1]"#, "(document)", "an array", "an object"),
    (
      #"{"model_type": "bert"}"#,
      "model_type", "\"bert\"", "\"gpt2\""
    ),
    (#"{}"#, "model_type", "nothing", "\"gpt2\""),
    (
      #"{"model_type": "gpt2", "activation_function": "mish"}"#,
      "activation_function", "\"mish\"", ActivationNamesTests.all
    ),
    (
      #"{"model_type": "gpt2", "activation_function": 5}"#,
      "activation_function", "5", ActivationNamesTests.all
    ),
    (
      #"{"model_type": "bert", "architectures": ["GPT2LMHeadModel"]}"#,
      "model_type", "\"bert\"", "\"gpt2\""
    ),
    (
      #"{"model_type": "gpt2", "n_embd": 24, "hidden_size": 12}"#,
      "hidden_size", "12", "the value of n_embd, 24"
    ),
    (
      #"{"model_type": "gpt2", "layer_norm_epsilon": 1e300}"#,
      "layer_norm_epsilon", "1e+300", "a number of at least 0 that float32 holds"
    ),
    (
      #"{"model_type": "gpt2", "eos_token_id": "end"}"#,
      "eos_token_id", "\"end\"", "a token id or a list of them"
    ),
    (
      #"{"model_type": "gpt2", "add_cross_attention": true}"#,
      "add_cross_attention", "true", "false"
    ),
    (
      #"{"model_type": "gpt2", "n_layer": 0}"#,
      "n_layer", "0", "an integer from 1 to 4096"
    ),
    (
      #"{"model_type": "gpt2", "n_embd": "wide"}"#,
      "n_embd", "\"wide\"", "an integer from 1 to 268435456"
    ),
    (
      #"{"model_type": "gpt2", "n_head": 5}"#,
      "n_head", "5", "a divisor of n_embd (768)"
    ),
    (
      #"{"model_type": "gpt2", "layer_norm_epsilon": -1}"#,
      "layer_norm_epsilon", "-1", "a number of at least 0 that float32 holds"
    ),
    (
      #"{"model_type": "gpt2", "scale_attn_weights": 1}"#,
      "scale_attn_weights", "1", "true or false"
    ),
  ])
  func `GPT2-2 what is not supported is refused by name`(
    text: String, key: String, found: String, expected: String
  ) throws {
    let fault = try #require(throws: Fault.self) { try read(text) }
    let hint = fault.hint  // of another model: what to do with it
    #expect(
      fault == Fault("config.json", at: key, found: found, expected: expected, hint: hint))
    #expect(hint == nil || key == "model_type")
  }
}
