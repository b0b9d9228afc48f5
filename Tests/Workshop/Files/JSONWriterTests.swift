import Foundation
import TestSupport
import Testing

@testable import FoxFiles

@Suite("Writing JSON", .counted)
struct JSONWriterTests {
  private let document: JSON = [
    "name": "fox", "ids": [1, 2], "nested": ["a": [], "b": [:], "c": [[1], 2]], "none": nil,
    "x": 0.1, "yes": true,
  ]

  @Test
  func `JSON-7 three layouts`() {
    #expect(
      document.text(.compact)
        == #"{"name":"fox","ids":[1,2],"nested":{"a":[],"b":{},"c":[[1],2]},"none":null,"#
        + #""x":0.1,"yes":true}"#)
    #expect(
      document.text()
        == #"{"name": "fox", "ids": [1, 2], "nested": {"a": [], "b": {}, "c": [[1], 2]}, "#
        + #""none": null, "x": 0.1, "yes": true}"#)
    #expect(
      document.text(.indented) == """
        {
          "name": "fox",
          "ids": [1, 2],
          "nested": {
            "a": [],
            "b": {},
            "c": [
              [1],
              2
            ]
          },
          "none": null,
          "x": 0.1,
          "yes": true
        }
        """)
  }

  @Test
  func `JSON-7 what is written is read as the same`() throws {
    for layout in [JSON.Layout.compact, .line, .indented] {
      #expect(try JSON.parse(document.text(layout).utf8) == document)
    }
  }

  @Test(arguments: [
    0.1, 1, -0.0, 1e22, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1 + 0.2,
    Double(Float(0.1)),
  ])
  func `JSON-7 numbers are written with the fewest digits that read back`(value: Double) throws {
    let text = JSON.number(value).text()
    guard case .number(let read) = try JSON.parse(text.utf8) else {
      Issue.record("\(text) is read as no Double")
      return
    }
    #expect(read.bitPattern == value.bitPattern)
  }

  @Test
  func `JSON-7 only what must be escaped is`() throws {
    let text = "\" \\ / \u{8}\u{C}\n\r\t\u{1}\u{1F} \u{7F} é \u{2028} 🦊 a\u{300}"
    let written = JSON.string(text).text()
    #expect(written == #""\" \\ / \b\f\n\r\t\u0001\u001f "# + "\u{7F} é \u{2028} 🦊 a\u{300}\"")
    let read = try #require(try JSON.parse(written.utf8).string)
    #expect(Array(read.utf8) == Array(text.utf8))
  }

  @Test
  func `JSON-5 infinities and NaN are strings`() {
    let values: JSON = [.number(.infinity), .number(-.infinity), .number(.nan)]
    #expect(values.text() == #"["Infinity", "-Infinity", "NaN"]"#)
  }

  @Test
  func `JSON-2 an object built of members keeps the last of equal names, in its place`() {
    var object = JSON.Object([("a", 1), ("b", 2), ("a", 3), ("\u{e0}", 4), ("a\u{300}", 5)])
    #expect(object.members.map(\.key.utf8.count) == [1, 1, 2, 3])
    #expect(object["a"] == 3)
    object["b"] = nil
    object["c"] = 6
    object["a\u{300}"] = 7
    #expect(JSON.object(object).text(.compact) == "{\"a\":3,\"\u{e0}\":4,\"a\u{300}\":7,\"c\":6}")
  }

  @Test
  func `JSON-2 an object of 50,000 members is built without looking at all of them again`() {
    let members = (0..<50_000).map { (key: "n\($0)", value: JSON.integer($0)) }
    #expect(JSON.Object(members + members).members.count == 50_000)
  }
}
