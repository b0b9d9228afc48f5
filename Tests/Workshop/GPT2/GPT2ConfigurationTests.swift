import FoxFiles
import FoxGPT2
import TestSupport
import Testing

@Suite("GPT-2 configurations")
struct GPT2ConfigurationTests {
  private func read(_ text: String) throws -> GPT2Configuration {
    try GPT2Configuration(JSON.parse(Array(text.utf8)), path: "config.json")
  }

  @Test("absent keys have transformers' defaults", .spec("GPT2-1"))
  func defaults() throws {
    #expect(try read(#"{"model_type": "gpt2"}"#) == GPT2Configuration())
    #expect(try read(#"{"architectures": ["GPT2LMHeadModel"]}"#) == GPT2Configuration())
    let narrow = try read(#"{"model_type": "gpt2", "n_embd": 24, "n_head": 3, "n_inner": null}"#)
    #expect(narrow.innerChannels == 96)
  }

  @Test("what is written is read back", .spec("GPT2-1"))
  func roundTrip() throws {
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

  @Test("transformers' other names for sizes", .spec("GPT2-1"))
  func otherNames() throws {
    let read = try read(
      #"{"model_type": "gpt2", "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3}"#
    )
    #expect(read.channels == 24 && read.layers == 2 && read.heads == 3)
  }

  @Test("end tokens outside the vocabulary can never come, and do not count", .spec("GPT2-1"))
  func endTokens() throws {
    let read = try read(
      #"{"model_type": "gpt2", "vocab_size": 100, "eos_token_id": [99, 50256], "bos_token_id": 3}"#)
    #expect(read.endTokens == [99] && read.startToken == 3)
    #expect(try self.read(#"{"model_type": "gpt2", "vocab_size": 100}"#).endTokens == [])
  }

  @Test("a configuration made in memory is checked too", .spec("GPT2-2"))
  func inMemory() {
    var configuration = GPT2Configuration()
    configuration.heads = 0
    #expect(
      throws: GPT2Error.configuration(
        path: "configuration", key: "n_head", found: "0", expected: "at least 1")
    ) { try GPT2Model(fresh: configuration, seed: 0) }
  }

  @Test("124 million parameters", .spec("GPT2-1"))
  func parameterCount() {
    let count = GPT2Configuration().parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
    #expect(count == 124_439_808)
  }

  @Test(
    "what is not supported is refused by name", .spec("GPT2-2"),
    arguments: [
      (#"[1]"#, "config.json: (document) is an array; supported is an object"),
      (
        #"{"model_type": "bert"}"#,
        "config.json: describes a model of type \"bert\"; only gpt2 is supported here"
      ),
      (#"{}"#, "config.json: describes a model of type \"none\"; only gpt2 is supported here"),
      (
        #"{"model_type": "gpt2", "activation_function": "relu"}"#,
        "config.json: activation_function is \"relu\"; supported is \"gelu_new\" or "
          + "\"gelu_pytorch_tanh\" (the tanh GELU)"
      ),
      (
        #"{"model_type": "gpt2", "activation_function": 5}"#,
        "config.json: activation_function is 5; supported is \"gelu_new\" or "
          + "\"gelu_pytorch_tanh\" (the tanh GELU)"
      ),
      (
        #"{"model_type": "bert", "architectures": ["GPT2LMHeadModel"]}"#,
        "config.json: describes a model of type \"bert\"; only gpt2 is supported here"
      ),
      (
        #"{"model_type": "gpt2", "n_embd": 24, "hidden_size": 12}"#,
        "config.json: hidden_size is 12; supported is the value of n_embd, 24"
      ),
      (
        #"{"model_type": "gpt2", "layer_norm_epsilon": 1e300}"#,
        "config.json: layer_norm_epsilon is 1e+300; supported is a number of at least 0 that "
          + "float32 holds"
      ),
      (
        #"{"model_type": "gpt2", "eos_token_id": "end"}"#,
        "config.json: eos_token_id is \"end\"; supported is a token id or a list of them"
      ),
      (
        #"{"model_type": "gpt2", "add_cross_attention": true}"#,
        "config.json: add_cross_attention is true; supported is false"
      ),
      (
        #"{"model_type": "gpt2", "n_layer": 0}"#,
        "config.json: n_layer is 0; supported is an integer from 1 to 4096"
      ),
      (
        #"{"model_type": "gpt2", "n_embd": "wide"}"#,
        "config.json: n_embd is \"wide\"; supported is an integer from 1 to 268435456"
      ),
      (
        #"{"model_type": "gpt2", "n_head": 5}"#,
        "config.json: n_head is 5; supported is a divisor of n_embd (768)"
      ),
      (
        #"{"model_type": "gpt2", "layer_norm_epsilon": -1}"#,
        "config.json: layer_norm_epsilon is -1; supported is a number of at least 0 that float32 holds"
      ),
      (
        #"{"model_type": "gpt2", "scale_attn_weights": 1}"#,
        "config.json: scale_attn_weights is 1; supported is true or false"
      ),
    ])
  func refusals(text: String, words: String) throws {
    let error = try #require(throws: GPT2Error.self) { try read(text) }
    #expect(error.description == words)
  }
}
