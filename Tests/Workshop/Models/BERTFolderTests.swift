import FoxFiles
import FoxFormats
import FoxKernels
import FoxModels
import TestSupport
import Testing

@Suite("BERT folders", .counted)
struct BERTFolderTests {
  private func load(_ name: String) throws -> BERTModel.Loaded {
    try BERTModel.load(folder: Places.golden("bert/models/\(name)"))
  }

  @Test
  func `BERT-3 names of old and of bare checkpoints; heads that are there`() throws {
    let plain = try load("plain")
    #expect(plain.report.isClean && plain.model.classifier != nil && plain.model.pooler != nil)
    #expect(plain.report.ignored == ["bert.embeddings.position_ids"])
    #expect(plain.model.configuration.architecture == .classifier)
    let bare = try load("bare")
    #expect(bare.report.isClean && bare.model.classifier == nil && bare.model.pooler != nil)
    #expect(bare.model.configuration.architecture == .encoder)
    let old = try load("old")
    #expect(old.model.classifier == nil && old.report.missing.isEmpty)
    #expect(old.report.unexpected.count == 8)
    #expect(old.report.unexpected.allSatisfy { $0.hasPrefix("cls.") })
    #expect(
      old.report.description.contains("expected when the file is from a model with other heads"))
  }

  @Test
  func `BERT-3 a folder without pooler, or with half a classifier`() throws {
    let model = try load("plain").model
    let parameters = model.parameters.filter {
      !$0.name.hasPrefix("bert.pooler") && $0.name != "classifier.bias"
    }
    try withFolder(model.configuration, parameters) { folder in
      let loaded = try BERTModel.load(folder: folder)
      #expect(loaded.model.pooler == nil && loaded.model.classifier == nil)
      #expect(loaded.report.unexpected == ["classifier.weight"])
      let batch = BERTBatch([[1, 2, 3]])
      #expect(throws: Fault.noPooler) { try loaded.model.pooled(batch) }
      #expect(throws: Fault.noClassifier) { try loaded.model.logits(batch) }
      #expect(throws: Fault.noClassifier) { try BERTTrainable(loaded.model) }
      expectSame(
        try loaded.model.embeddings(batch).elements, try model.embeddings(batch).elements, "means")
    }
  }

  @Test
  func `BERT-3 a checkpoint of another number of labels, size or model is refused`() throws {
    let folder = Places.golden("bert/models/plain")
    var configuration = try BERTConfiguration(folder: folder)
    configuration.labels = ["a", "b", "c"]
    var generator = TorchGenerator(seed: 0)
    let fault = #expect(throws: Fault.self) {
      try BERTModel.load(
        classifierFrom: folder, configuration: configuration, drawing: &generator)
    }
    #expect(fault?.subject == "\(folder)/model.safetensors")
    #expect(fault?.found == "[2, 12]" && fault?.expected == "3 labels")
    #expect(generator.drawn == 0)
    configuration = try load("bare").model.configuration
    #expect(throws: Fault.self) {
      try BERTModel.load(
        classifierFrom: folder, configuration: configuration, drawing: &generator)
    }
    let parameters = try load("plain").model.parameters.map { name, tensor in
      (name, name == "bert.pooler.dense.bias" ? try Tensor(shape: [1], [0]) : tensor)
    }
    try withFolder(load("plain").model.configuration, parameters) { folder in
      #expect(throws: Fault.self) { try BERTModel.load(folder: folder) }
    }
  }

  @Test
  func `BERT-10 what a checkpoint lacks is drawn and reported`() throws {
    let folder = Places.golden("bert/models/old")
    var generator = TorchGenerator(seed: 0)
    let loaded = try BERTModel.load(
      classifierFrom: folder, configuration: BERTConfiguration(folder: folder),
      drawing: &generator)
    #expect(loaded.report.missing == ["classifier.weight", "classifier.bias"])
    #expect(loaded.report.description.contains("Missing and newly initialized"))
    #expect(
      loaded.model.classifier != nil && loaded.model.configuration.architecture == .classifier)
  }

  /// Runs `body` with a folder of the given configuration and tensors.
  private func withFolder(
    _ configuration: BERTConfiguration, _ parameters: [(name: String, tensor: Tensor)],
    _ body: (String) throws -> Void
  ) throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.path
      try AtomicFile.write(Array(configuration.json.text().utf8), to: "\(path)/config.json")
      try SafeTensorsFile.write(
        parameters.map { OutgoingTensor($0.name, $0.tensor) }, to: "\(path)/model.safetensors")
      try body(path)
    }
  }
}
