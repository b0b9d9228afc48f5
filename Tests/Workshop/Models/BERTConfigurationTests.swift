import FoxFiles
import FoxKernels
import FoxModels
import TestSupport
import Testing

@Suite("BERT configurations", .counted)
struct BERTConfigurationTests {
  @Test(arguments: [BERTArchitecture.encoder, .classifier])
  func `BERT-1 the model asks for its weights in the order of the state dictionary`(
    architecture: BERTArchitecture
  ) throws {
    var small = BERTConfiguration()
    (small.vocabularySize, small.positions, small.channels) = (7, 5, 4)
    (small.heads, small.innerChannels, small.layers) = (2, 6, 2)
    small.architecture = architecture
    let parameters = try BERTModel(fresh: small, seed: 0).parameters
    expectSame(parameters.map(\.name), small.parameters.map(\.name), "names")
    expectSame(parameters.map(\.tensor.shape), small.parameters.map(\.shape), "shapes")
  }

  private func read(_ text: String) throws -> BERTConfiguration {
    try BERTConfiguration(JSON.parse(Array(text.utf8)), path: "config.json")
  }

  @Test
  func `BERT-1 absent keys have transformers' defaults`() throws {
    #expect(try read(#"{"model_type": "bert"}"#) == BERTConfiguration())
    #expect(try read(#"{"architectures": ["BertForMaskedLM"]}"#) == BERTConfiguration())
    let classifier = try read(
      #"{"model_type": "bert", "architectures": ["BertForSequenceClassification"], "num_labels": 3}"#
    )
    #expect(classifier.architecture == .classifier)
    #expect(classifier.labels == ["LABEL_0", "LABEL_1", "LABEL_2"])
  }

  @Test
  func `BERT-1 what is written is read back`() throws {
    var configuration = BERTConfiguration()
    configuration.channels = 24
    configuration.heads = 4
    configuration.innerChannels = 50
    configuration.layerNormEpsilon = 1e-12
    configuration.activation = .geluTanh
    configuration.classifierDropout = 0
    configuration.hiddenDropout = 0.25
    configuration.padToken = nil
    configuration.labels = ["no", "größer", "yes"]
    configuration.problem = .multiLabel
    configuration.architecture = .classifier
    #expect(try read(configuration.json.text(.indented)) == configuration)
    #expect(configuration.json.text().contains("\"layer_norm_eps\": 1e-12"))
    #expect(try read(BERTConfiguration().json.text()) == BERTConfiguration())
  }

  @Test
  func `BERT-1 labels are in the order of their numbers`() throws {
    let read = try read(
      #"{"model_type": "bert", "num_labels": 9, "id2label": {"1": "b", "0": "a", "2": 7}}"#)
    #expect(read.labels == ["a", "b", "7"])
  }

  @Test
  func `BERT-1 109 million parameters`() {
    var configuration = BERTConfiguration()
    #expect(configuration.parameterCount == 109_482_240)
    configuration.architecture = .classifier
    #expect(configuration.parameterCount == 109_482_240 + 2 * 768 + 2)
    configuration.vocabularySize = .max
    #expect(configuration.parameterCount == nil)
  }

  @Test
  func `BERT-1 the reference's own files are read`() throws {
    let relu = try BERTConfiguration(folder: Places.golden("bert/models/relu"))
    #expect(relu.labels == ["no", "perhaps", "yes"] && relu.padToken == 7 && relu.types == 1)
    #expect(relu.classifierDropout == 0.3 && relu.activation == .relu)
    let new = try BERTConfiguration(folder: Places.golden("bert/models/new"))
    #expect(new.labels == ["LABEL_0"] && new.padToken == nil && new.activation == .geluTanh)
  }

  @Test(arguments: [
    (#"[1]"#, "(document)", "an array", "an object"),
    (#""model_type": "gpt2""#, "model_type", "\"gpt2\"", "\"bert\""),
    (#""a": 1"#, "model_type", "nothing", "\"bert\""),
    (
      #""model_type": "bert", "hidden_act": "mish""#, "hidden_act", "\"mish\"",
      ActivationNamesTests.all
    ),
    (
      #""model_type": "bert", "position_embedding_type": "rotary""#, "position_embedding_type",
      "\"rotary\"", "one of absolute, relative_key, relative_key_query"
    ),
    (#""model_type": "bert", "is_decoder": true"#, "is_decoder", "true", "false"),
    (
      #""model_type": "bert", "add_cross_attention": true"#,
      "add_cross_attention", "true", "false"
    ),
    (
      #""model_type": "bert", "chunk_size_feed_forward": -2"#,
      "chunk_size_feed_forward", "-2", "an integer of at least 0"
    ),
    (
      #""model_type": "bert", "pruned_heads": {"0": [1]}"#,
      "pruned_heads", "{\"0\": [1]}", "none"
    ),
    (
      #""model_type": "bert", "hidden_size": 0"#,
      "hidden_size", "0", "an integer from 1 to 268435456"
    ),
    (
      #""model_type": "bert", "num_hidden_layers": 1e9"#,
      "num_hidden_layers", "1000000000.0", "an integer from 1 to 4096"
    ),
    (
      #""model_type": "bert", "num_attention_heads": 7"#,
      "num_attention_heads", "7", "a divisor of hidden_size (768)"
    ),
    (
      #""model_type": "bert", "layer_norm_eps": -1"#,
      "layer_norm_eps", "-1", "a number of at least 0 that float32 holds"
    ),
    (
      #""model_type": "bert", "classifier_dropout": 2"#,
      "classifier_dropout", "2", "a probability from 0 to 1"
    ),
    (
      #""model_type": "bert", "pad_token_id": 30522"#,
      "pad_token_id", "30522", "an id from 0 to 30521, or null"
    ),
    (
      #""model_type": "bert", "id2label": {"0": "a", "2": "b"}"#,
      "id2label", "{\"0\": \"a\", \"2\": \"b\"}",
      "an object of names for the labels 0, 1 and so on"
    ),
    (
      #""model_type": "bert", "id2label": {}"#,
      "id2label", "{}", "an object of names for the labels 0, 1 and so on"
    ),
    (
      #""model_type": "bert", "num_labels": 1000000"#,
      "num_labels", "1000000", "an integer from 1 to 100000"
    ),
    (
      #""model_type": "bert", "problem_type": "ranking""#,
      "problem_type", "\"ranking\"",
      "\"regression\", \"single_label_classification\", \"multi_label_classification\""
    ),
  ])
  func `BERT-2 what is not supported is refused by name`(
    text: String, key: String, found: String, expected: String
  ) throws {
    let document = text.hasPrefix("[") ? text : "{\(text)}"
    let fault = try #require(throws: Fault.self) { try read(document) }
    let hint = fault.hint  // of another model: what to do with it
    #expect(
      fault == Fault("config.json", at: key, found: found, expected: expected, hint: hint))
    #expect(hint == nil || key == "model_type")
  }

  @Test
  func `BERT-2 a configuration made in memory is checked too`() {
    var configuration = BERTConfiguration()
    configuration.labels = []
    #expect(
      throws: Fault.configuration(
        path: "configuration", key: "num_labels", found: "0", expected: "at least 1")
    ) { try BERTModel(fresh: configuration, seed: 0) }
    configuration.labels = ["a"]
    configuration.padToken = -1
    #expect(throws: Fault.self) { try BERTModel(fresh: configuration, seed: 0) }
  }
}
