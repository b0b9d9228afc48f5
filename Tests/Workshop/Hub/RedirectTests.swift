import Foundation
import TestSupport
import Testing

@testable import FoxHub

@Suite("Redirects and tokens", .counted, .serialized)
struct RedirectTests {
  private let hub = TestHub.model(weightBytes: 2000)
  private let secret = ["HF_TOKEN": "hf_secret"]

  @Test
  func `HUB-6 the token stays with the endpoint`() throws {
    try Folder.with { folder in
      try TestServer.serving({ hub.answer($0) }) { store in
        var hub = hub
        hub.store = store.endpoint
        try TestServer.serving({ [hub] in hub.answer($0) }) { server in
          let client = try TestClient(server.endpoint, secret).client
          try client.fetchFile("model.safetensors", to: folder)
          try client.fetchFile("config.json", to: folder)
          #expect(folder.bytes("model.safetensors") == hub.files["model.safetensors"])
          #expect(server.requests.count == 4 && store.requests.count == 1)
          #expect(server.requests.allSatisfy { $0.fields["authorization"] == "Bearer hf_secret" })
          #expect(store.requests.allSatisfy { $0.fields["authorization"] == nil })
        }
      }
    }
  }

  @Test(arguments: [301, 307, 308])
  func `HUB-6 a redirect on the same host keeps the token`(status: Int) throws {
    try Folder.with { folder in
      try TestServer.serving { request in
        request.path.hasPrefix("/org/")
          ? .redirect(status, to: request.path.replacingOccurrences(of: "/org/", with: "/new/"))
          : hub.answer(request)
      } _: { server in
        try TestClient(server.endpoint, secret).client.fetchFile("config.json", to: folder)
        #expect(folder.bytes("config.json") == hub.files["config.json"])
        #expect(server.requests.count == 4)
        #expect(server.requests.allSatisfy { $0.fields["authorization"] == "Bearer hf_secret" })
      }
    }
  }

  @Test
  func `HUB-6 a signed address is asked for as it was sent`() throws {
    let query =
      "?response-content-disposition=inline%3B+filename*%3DUTF-8%27%27a%22&Policy=ey_~"
      + "&Signature=a-b~c%2Fd%2B%3D&X-Amz=20260101%2Fus-east-1&p=a/b:c@d?e"
    try Folder.with { folder in
      try TestServer.serving { request in
        guard let mark = request.path.firstIndex(of: "?") else {
          return .redirect(to: "/store/config.json\(query)")
        }
        #expect(request.path[mark...] == query)
        return Answer(body: [1])
      } _: { server in
        try TestClient(server.endpoint).client.fetchFile("config.json", to: folder)
        #expect(folder.bytes("config.json") == [1])
      }
    }
  }

  @Test
  func `HUB-6 a loop ends`() throws {
    try Folder.with { folder in
      try TestServer.serving {
        .redirect(to: $0.path)
      } _: { server in
        let url = "\(server.endpoint)/org/model/resolve/main/config.json"
        #expect(throws: HubError.tooManyRedirects(url: url, limit: 10)) {
          try TestClient(server.endpoint).client.fetchFile("config.json", to: folder)
        }
        #expect(server.requests.count == 11)
      }
    }
  }

  @Test(arguments: [
    "file:///etc/passwd", "ftp://127.0.0.1/a", "data:text/plain,a", "http://", "\u{1}",
  ])
  func `HUB-6 places that are not followed to`(location: String) throws {
    try Folder.with { folder in
      try TestServer.serving { _ in
        .redirect(to: location)
      } _: { server in
        let error = #expect(throws: HubError.self) {
          try TestClient(server.endpoint).client.fetchFile("config.json", to: folder)
        }
        if location != "\u{1}" {
          let url = "\(server.endpoint)/org/model/resolve/main/config.json"
          #expect(error == .badRedirect(url: url, location: location))
        }
        #expect(folder.names.isEmpty)
      }
    }
  }

  @Test(arguments: [401, 403])
  func `HUB-6 HUB-12 401 and 403 speak of the token`(status: Int) throws {
    try TestServer.serving { _ in
      Answer(status, fields: [("WWW-Authenticate", "Bearer realm=\"hub\"")])
    } _: { server in
      let url = "\(server.endpoint)/org/model/resolve/main/config.json"
      let repository = try HubRepository("org/model")
      for environment in [[:], secret] {
        let error = HubError.refused(url: url, status: status, hasToken: !environment.isEmpty)
        let test = try TestClient(server.endpoint, environment)
        #expect(throws: error) { try test.client.find("config.json", in: repository) }
        #expect(error.description.contains("HF_TOKEN") && test.pauses.seconds.isEmpty)
        #expect(!error.description.contains("hf_secret"))
      }
      #expect(server.requests.count == 2)
    }
  }

  @Test
  func `HUB-4 404 is no error of the question whether there is a file`() throws {
    try TestServer.serving({ hub.answer($0) }) { server in
      let client = try TestClient(server.endpoint).client
      let repository = try HubRepository("org/model")
      #expect(try client.find("vocab.txt", in: repository) == nil)
      let file = try #require(try client.find("model.safetensors", in: repository))
      #expect(file.size == 2000 && file.commit == "c0ffee" && file.sha256 != nil)
      let small = try #require(try client.find("merges.txt", in: repository))
      #expect(small.size == 14 && small.sha256 == nil && small.etag?.utf8.count == 40)
    }
  }

  @Test
  func `HUB-8 nobody at home`() throws {
    let endpoint = try TestServer.serving({ hub.answer($0) }) { $0.endpoint }
    let test = try TestClient(endpoint)
    #expect(throws: HubError.self) {
      try test.client.find("config.json", in: HubRepository("org/model"))
    }
    #expect(test.pauses.seconds == [1, 2, 4, 8])
  }
}
