import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxHub

@Suite("Models", .counted, .serialized)
struct ModelFetchTests {
  private func fetch(
    _ hub: TestHub, into folder: Folder, _ environment: [String: String] = [:],
    name: String = "org/model"
  ) throws -> (model: FetchedModel, requests: [SeenRequest]) {
    try TestServer.serving({ hub.answer($0) }) { server in
      let client = try TestClient(server.endpoint, environment).client
      let model = try client.fetchModel(HubRepository(name), into: folder.path)
      return (model, server.requests)
    }
  }

  @Test
  func `HUB-10 just the files that are needed, the configuration last`() throws {
    let hub = TestHub.model(weightBytes: 5000)
    try Folder.with { folder in
      let (model, requests) = try fetch(hub, into: folder)
      let names = ["vocab.json", "merges.txt", "model.safetensors", "config.json"]
      #expect(model.files.map(\.name) == names && model.commit == "c0ffee")
      #expect(folder.names == names.sorted())
      for name in names { #expect(folder.bytes(name) == hub.files[name]) }
      #expect(model.files.map { $0.sha256 != nil } == [false, false, true, false])
      // All but the first question go to the commit.
      let hubs = requests.filter { $0.path.contains("/resolve/") }
      #expect(hubs.filter { $0.path.contains("/resolve/main/") }.count == 1)
      #expect(hubs.filter { $0.path.contains("/resolve/c0ffee/") }.count == hubs.count - 1)
      // A second time, nothing comes but descriptions.
      let (again, questions) = try fetch(hub, into: folder)
      #expect(again.files.allSatisfy { $0.source == .present })
      #expect(questions.allSatisfy { $0.method == "HEAD" })
    }
  }

  @Test
  func `HUB-10 files that are here and wrong are fetched again`() throws {
    let hub = TestHub.model(weightBytes: 5000)
    try Folder.with { folder in
      try folder.write(TestHub.bytes(5000, seed: 9), "model.safetensors")
      try folder.write([0x7B], "vocab.json")
      let (model, _) = try fetch(hub, into: folder)
      #expect(model.files.allSatisfy { $0.source == .network })
      #expect(folder.bytes("model.safetensors") == hub.files["model.safetensors"])
    }
  }

  @Test
  func `HUB-10 shards by their index; PyTorch's file`() throws {
    var hub = TestHub.model()
    hub.files["model.safetensors"] = nil
    hub.files["pytorch_model.bin"] = TestHub.bytes(10)
    try Folder.with { folder in
      let names = try fetch(hub, into: folder).model.files.map(\.name)
      #expect(names == ["vocab.json", "merges.txt", "pytorch_model.bin", "config.json"])
    }
    let (first, second) = ("m-1.safetensors", "m-2.safetensors")
    let index: JSON = [
      "weight_map": ["b": .string(second), "a": .string(first), "c": .string(second)]
    ]
    hub.files["model.safetensors.index.json"] = Array(index.text(.indented).utf8)
    hub.files["m-1.safetensors"] = TestHub.bytes(100)
    hub.files["m-2.safetensors"] = TestHub.bytes(200)
    try Folder.with { folder in
      let names = try fetch(hub, into: folder).model.files.map(\.name)
      #expect(
        names == [
          "vocab.json", "merges.txt", "model.safetensors.index.json", "m-1.safetensors",
          "m-2.safetensors", "config.json",
        ])
    }
    hub.files["m-2.safetensors"] = nil
    try Folder.with { folder in
      #expect(throws: HubError.self) { try fetch(hub, into: folder) }
      #expect(!folder.names.contains("config.json"))
    }
  }

  @Test
  func `HUB-10 PyTorch's file in parts, and every file that a reader opens`() throws {
    var hub = TestHub.model()
    hub.files["model.safetensors"] = nil
    let index: JSON = ["weight_map": ["a": "p-1.bin", "b": "p-2.bin"]]
    hub.files["pytorch_model.bin.index.json"] = Array(index.text(.indented).utf8)
    (hub.files["p-1.bin"], hub.files["p-2.bin"]) = ([1], [2])
    for name in ModelFiles.tokenizer + [ModelFiles.generation] where hub.files[name] == nil {
      hub.files[name] = Array("{}".utf8)
    }
    try Folder.with { folder in
      _ = try fetch(hub, into: folder)
      // The folder is the repository, but for what nobody reads.
      #expect(folder.names == hub.files.keys.filter { $0 != "README.md" }.sorted())
    }
  }

  @Test
  func `HUB-10 how sentence-transformers makes vectors comes with modules.json alone`() throws {
    var hub = TestHub.model()
    for name in ModelFiles.sentences { hub.files[name] = Array("{}".utf8) }
    try Folder.with { folder in
      _ = try fetch(hub, into: folder)
      #expect(!folder.names.contains("1_Pooling"))
      hub.files[ModelFiles.sentenceModules] = Array("[]".utf8)
      let names = try fetch(hub, into: folder).model.files.map(\.name)
      #expect(Set(names).isSuperset(of: ModelFiles.sentences + [ModelFiles.sentenceModules]))
      #expect(FileManager.default.fileExists(atPath: "\(folder.path)/1_Pooling/config.json"))
    }
  }

  @Test(arguments: [
    #"{"weight_map": {"a": "../../x.safetensors"}}"#, #"{"weight_map": {"a": "/x.safetensors"}}"#,
    #"{"weight_map": {"a": 1}}"#, #"{"weight_map": {"a": "config.json"}}"#,
    #"{"weight_map": {}}"#, "{}", "[",
  ])
  func `HUB-2 HUB-10 an index that leads elsewhere`(text: String) throws {
    var hub = TestHub.model()
    hub.files["model.safetensors"] = nil
    hub.files["model.safetensors.index.json"] = Array(text.utf8)
    try Folder.with { folder in
      #expect(throws: HubError.self) { try fetch(hub, into: folder) }
      #expect(!folder.names.contains("config.json"))
    }
  }

  @Test
  func `HUB-10 no configuration, no weights`() throws {
    try Folder.with { folder in
      var hub = TestHub.model()
      hub.files["model.safetensors"] = nil
      #expect(throws: HubError.noWeights(repository: "org/model")) { try fetch(hub, into: folder) }
      hub.files["config.json"] = nil
      let error = #expect(throws: HubError.self) { try fetch(hub, into: folder) }
      #expect(error?.description.contains("there is no such repository") == true)
    }
  }

  /// Puts the files of a hub into a cache.
  private func fill(
    _ cache: Folder, _ hub: TestHub, commit: String = "c0ffee", id: String = "org--model"
  ) throws {
    try cache.write(Array(commit.utf8), "models--\(id)/refs/main")
    for (name, bytes) in hub.files {
      try cache.write(bytes, "models--\(id)/snapshots/\(commit)/\(name)")
    }
  }

  @Test
  func `HUB-9 the hub's cache is used and not touched`() throws {
    var hub = TestHub.model(weightBytes: 5000)
    try Folder.with { cache in
      try fill(cache, hub)
      // The cache holds another vocabulary, and weights of the right size.
      let snapshot = "models--org--model/snapshots/c0ffee"
      try cache.write([0x7B, 0x20, 0x7D], "\(snapshot)/vocab.json")
      let environment = ["HF_HUB_CACHE": cache.path]
      for commit in ["c0ffee", nil] {
        hub.commit = commit
        try Folder.with { folder in
          let (model, _) = try fetch(hub, into: folder, environment)
          #expect(
            model.files.map(\.source) == [.network, .cache, .cache, .cache], "\(commit ?? "none")")
          for file in model.files { #expect(folder.bytes(file.name) == hub.files[file.name]) }
        }
      }
      try cache.write(TestHub.bytes(5000, seed: 3), "\(snapshot)/model.safetensors")
      try Folder.with { folder in
        let (model, _) = try fetch(hub, into: folder, environment)
        #expect(model.files.map(\.source) == [.network, .cache, .network, .cache])
        #expect(folder.bytes("model.safetensors") == hub.files["model.safetensors"])
      }
      hub.commit = "decaf"
      try Folder.with { folder in
        let (model, _) = try fetch(hub, into: folder, environment)
        #expect(model.files.allSatisfy { $0.source == .network })
      }
      #expect(cache.bytes("\(snapshot)/vocab.json") == [0x7B, 0x20, 0x7D])
      #expect(cache.names == ["models--org--model"])
    }
  }

  @Test
  func `HUB-9 HUB-11 offline: the folder, then the cache, never the network`() throws {
    let hub = TestHub.model(weightBytes: 5000)
    try Folder.with { cache in
      let environment = ["HF_HUB_CACHE": cache.path, "HF_HUB_OFFLINE": "1"]
      try Folder.with { folder in
        let error = HubError.offline(
          repository: "openai-community/gpt2", file: "config.json", cache: cache.path)
        #expect(throws: error) { try fetch(hub, into: folder, environment, name: "gpt2") }
        #expect(folder.names.isEmpty)
      }
      try fill(cache, hub, id: "gpt2")
      try Folder.with { folder in
        try folder.write([1, 2, 3], "merges.txt")
        let (model, requests) = try fetch(hub, into: folder, environment, name: "gpt2")
        #expect(requests.isEmpty)
        #expect(model.files.map(\.source) == [.cache, .present, .cache, .cache])
        #expect(folder.bytes("merges.txt") == [1, 2, 3])
      }
    }
  }

  @Test
  func `HUB-9 a link out of the cache is not followed`() throws {
    let hub = TestHub.model(weightBytes: 5000)
    try Folder.with { cache in
      try Folder.with { elsewhere in
        try fill(cache, hub, id: "gpt2")
        try elsewhere.write([0x7B, 0x7D], "secret")
        let link = cache.path + "/models--gpt2/snapshots/c0ffee/config.json"
        try? FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(
          atPath: link, withDestinationPath: elsewhere.path + "/secret")
        let environment = ["HF_HUB_CACHE": cache.path, "HF_HUB_OFFLINE": "1"]
        try Folder.with { folder in
          _ = #expect(throws: HubError.self) {
            try fetch(hub, into: folder, environment, name: "gpt2")
          }
        }
        // Within the repository a link is what the hub's own tools make.
        try FileManager.default.removeItem(atPath: link)
        try cache.write(hub.files["config.json"] ?? [], "models--gpt2/blobs/b1")
        try FileManager.default.createSymbolicLink(
          atPath: link, withDestinationPath: "../../blobs/b1")
        try Folder.with { folder in
          _ = try fetch(hub, into: folder, environment, name: "gpt2")
          #expect(folder.bytes("config.json") == hub.files["config.json"])
        }
      }
    }
  }
}
