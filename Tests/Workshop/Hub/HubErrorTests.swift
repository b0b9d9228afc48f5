import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxHub

@Suite("The words of the hub's errors", .counted)
struct HubErrorTests {
  @Test(arguments: [
    (
      HubError.badEndpoint("x"),
      "endpoint \"x\" is not an address; expected https://host or http://host"
    ),
    (
      .badRepository("a\u{1B}"),
      #""a\u{1B}" names no repository; expected gpt2, bert-base-cased or organisation/name"#
    ),
    (.badRevision(""), "revision \"\" is not a branch, tag or commit"),
    (.badToken, "HF_TOKEN holds a space, a control character or something that is not ASCII"),
    (
      .offline(repository: "r", file: "f", cache: "c"),
      "r: f is not in the cache (c) and HF_HUB_OFFLINE forbids the network"
    ),
    (.missing(url: "u"), "u: there is no such repository, revision or file (404)"),
    (
      .refused(url: "u", status: 401, hasToken: false),
      "u: access refused (401): it is private, gated or does not exist; set HF_TOKEN to a token "
        + "that may read it"
    ),
    (
      .refused(url: "u", status: 403, hasToken: true),
      "u: access refused (403): the token in HF_TOKEN may not read it, or it does not exist"
    ),
    (
      .status(url: "u", status: 429),
      "u: too many requests (429); wait, or set HF_TOKEN: who is known may ask more often"
    ),
    (.status(url: "u", status: 500), "u: the server answered with status 500"),
    (.service(url: "u", status: 429, words: ""), "u: the service refused (429)"),
    (.service(url: "u", status: 400, words: "no\n"), "u: the service refused (400): \"no\\n\""),
    (.connection(url: "u", fault: .unknownHost), "u: no such host; is there a network?"),
    (.connection(url: "u", fault: .notConnected), "u: no connection"),
    (.connection(url: "u", fault: .lost), "u: the connection was lost"),
    (.connection(url: "u", fault: .insecure("why")), "u: no secure connection: why"),
    (.connection(url: "u", fault: .other("why")), "u: why"),
    (.stalled(url: "u", seconds: 30), "u: nothing came for 30 seconds"),
    (.tooManyRedirects(url: "u", limit: 10), "u: redirected more than 10 times"),
    (
      .badRedirect(url: "u", location: "file:///x"),
      "u: redirected to \"file:///x\", which is not followed"
    ),
    (.badRedirect(url: "u", location: nil), "u: redirected to nowhere"),
    (.badAnswer(url: "u", reason: "r"), "u: the answer does not fit the request: r"),
    (
      .wrongSize(file: "f", expected: 2, found: 1),
      "f: 1 bytes instead of the announced 2; nothing was kept"
    ),
    (
      .wrongHash(file: "f", expected: "a", found: "b"),
      "f: SHA-256 is b instead of the announced a; nothing was kept"
    ),
    (.changed(file: "f"), "f: changed on the server while it was fetched"),
    (.busy(path: "p"), "p: another process is fetching it"),
    (
      .noWeights(repository: "r"),
      "r has no model.safetensors and no pytorch_model.bin, whole or in parts with an index"
    ),
    (.badIndex(path: "p", reason: "r"), "p: not an index of sharded weights: r"),
    (.file(.fileMissing(path: "p")), "p: found nothing, expected a file"),
  ])
  func `HUB-12 errors`(error: HubError, words: String) {
    #expect(error.description == words)
  }

  @Test
  func `HUB-8 what passes`() {
    for status in [408, 429, 500, 502, 503, 504] {
      #expect(HubError.status(url: "", status: status).isPassing)
    }
    for error in [
      HubError.connection(url: "", fault: .lost), .connection(url: "", fault: .notConnected),
      .connection(url: "", fault: .other("")), .stalled(url: "", seconds: 1), .changed(file: ""),
    ] {
      #expect(error.isPassing)
    }
    for error in [
      HubError.status(url: "", status: 400), .missing(url: ""), .busy(path: ""),
      .connection(url: "", fault: .unknownHost), .connection(url: "", fault: .insecure("")),
      .refused(url: "", status: 401, hasToken: true),
      .wrongHash(file: "", expected: "", found: ""), .wrongSize(file: "", expected: 1, found: 2),
    ] {
      #expect(!error.isPassing)
    }
  }
}
