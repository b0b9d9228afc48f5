import Foundation
import TestSupport
import Testing

@testable import FoxHub

@Suite("Settings and names", .counted)
struct HubSettingsTests {
  @Test(
    arguments: [
      (nil, [:], "https://huggingface.co"),
      (nil, ["HF_ENDPOINT": "http://mirror:8080//"], "http://mirror:8080"),
      (nil, ["HF_ENDPOINT": ""], "https://huggingface.co"),
      ("https://a.b/hub/", ["HF_ENDPOINT": "http://mirror"], "https://a.b/hub"),
    ] as [(String?, [String: String], String)])
  func `HUB-1 the endpoint`(argument: String?, environment: [String: String], expected: String)
    throws
  {
    let settings = try HubSettings(environment: environment, endpoint: argument)
    #expect(settings.endpoint.absoluteString == expected)
  }

  @Test(arguments: [
    "huggingface.co", "ftp://a", "file:///etc", "http://", "", "https://u:p@a", "http://a?b",
    "http://a#b", "data:text/plain,a",
  ])
  func `HUB-1 addresses that are none`(text: String) {
    #expect(throws: HubError.badEndpoint(text)) {
      try HubSettings(environment: [:], endpoint: text)
    }
  }

  @Test
  func `HUB-1 the token`() throws {
    #expect(try HubSettings(environment: [:]).token == nil)
    #expect(try HubSettings(environment: ["HF_TOKEN": " \n"]).token == nil)
    #expect(try HubSettings(environment: ["HF_TOKEN": "hf_a\n"]).token == "hf_a")
    for bad in ["a b", "a\r\nX-Other: b", "é"] {
      #expect(throws: HubError.badToken) { try HubSettings(environment: ["HF_TOKEN": bad]) }
    }
  }

  @Test
  func `HUB-1 offline`() throws {
    for (value, expected) in [
      ("1", true), ("true", true), ("Yes", true), ("ON", true), ("0", false), ("", false),
      ("no", false),
    ] {
      let settings = try HubSettings(environment: ["HF_HUB_OFFLINE": value])
      #expect(settings.isOffline == expected, "\(value)")
    }
  }

  @Test
  func `HUB-1 the cache`() throws {
    var environment = ["HOME": "/h"]
    func path() throws -> String { try HubSettings(environment: environment).cache }
    #expect(try path() == "/h/.cache/huggingface/hub")
    environment["XDG_CACHE_HOME"] = "/x"
    #expect(try path() == "/x/huggingface/hub")
    environment["HF_HOME"] = "/hf"
    #expect(try path() == "/hf/hub")
    environment["HF_HUB_CACHE"] = "/c"
    #expect(try path() == "/c")
  }

  @Test
  func `HUB-2 names of repositories`() throws {
    let short = try HubRepository("gpt2")
    #expect(short.id == "openai-community/gpt2" && short.name == "gpt2")
    #expect(try HubRepository("bert-base-cased").id == "google-bert/bert-base-cased")
    #expect(try HubRepository("org/model.v1_a-b").name == "model.v1_a-b")
    #expect(try HubRepository("distilgpt2").id == "distilgpt2")
    for bad in ["", "a/b/c", "../b", "a/..", "/a", "a/", "a b", "a/b?c", "é", "a/b\n", "a%2Fb"] {
      #expect(throws: HubError.badRepository(bad)) { try HubRepository(bad) }
    }
    for bad in ["", "..", "a/../b", "a b", "a//b", "/a"] {
      #expect(throws: HubError.badRevision(bad)) { try HubRepository("a", revision: bad) }
    }
  }

  @Test
  func `HUB-3 addresses of files`() throws {
    func address(_ name: String, _ revision: String, _ endpoint: String) throws -> String {
      let client = HubClient(try HubSettings(environment: [:], endpoint: endpoint))
      let repository = try HubRepository(name, revision: revision)
      return client.address(of: "config.json", in: repository).absoluteString
    }
    #expect(
      try address("gpt2", "main", "https://huggingface.co")
        == "https://huggingface.co/openai-community/gpt2/resolve/main/config.json")
    #expect(
      try address("a/b", "refs/pr/1", "http://m:1/x/")
        == "http://m:1/x/a/b/resolve/refs%2Fpr%2F1/config.json")
  }

  @Test
  func `HUB-4 tags`() {
    for (field, tag) in [
      ("\"a\"", "a"), ("W/\"a\"", "a"), ("a", "a"), ("\"\"", nil), ("", nil), ("\"", "\""),
    ] {
      #expect(bareTag(field) == tag)
    }
    let hash = String(repeating: "aB", count: 32)
    func file(_ tag: String) -> RemoteFile {
      RemoteFile(name: "a", size: nil, etag: tag, commit: nil, bodyTag: nil)
    }
    #expect(file(hash).sha256 == hash.lowercased())
    #expect(file(String(hash.prefix(40))).sha256 == nil)
    #expect(file(String(repeating: "g", count: 64)).sha256 == nil)
  }

  @Test
  func `HUB-14 the network stays in its room`() throws {
    let root = Places.package.appendingPathComponent("Sources")
    for path in try FileManager.default.subpathsOfDirectory(atPath: root.path) {
      guard path.hasSuffix(".swift"), !path.hasPrefix("Workshop/Hub/") else { continue }
      let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
      #expect(!text.contains("import FoundationNetworking"), "\(path)")
      #expect(!text.contains("import CFoxCurl"), "\(path)")
    }
  }

  @Test
  func `HUB-1 own certificate authorities`() throws {
    func authorities(_ environment: [String: String]) throws -> String? {
      try HubSettings(environment: environment).authorities
    }
    #expect(try authorities([:]) == nil)
    #expect(try authorities(["REQUESTS_CA_BUNDLE": "/r"]) == "/r")
    #expect(try authorities(["REQUESTS_CA_BUNDLE": "/r", "SSL_CERT_FILE": "/s"]) == "/s")
    #expect(try authorities(["CURL_CA_BUNDLE": "/c", "SSL_CERT_FILE": "/s"]) == "/c")
    #expect(try authorities(["CURL_CA_BUNDLE": ""]) == nil)
  }
}
