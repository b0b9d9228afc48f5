import Foundation
import FoxData
import FoxTables
import TestSupport
import Testing

@testable import FoxEngines

@Suite("Files of an augmentation", .counted)
struct AugmentedFilesTests {
  private func write(_ text: String, _ name: String, _ folder: URL) throws -> String {
    let file = folder.appendingPathComponent(name)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  private func read(_ name: String, _ folder: URL) throws -> String {
    try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
  }

  @Test
  func `AUG-24 TSV without quotes, numbered from 1`() throws {
    try Places.withTemporaryFolder { folder in
      let path = try write("sentence\tlabel\n\"a , b \t1\nc\t0\n", "t.tsv", folder)
      #expect(
        try LabelledText.read(path: path) == [
          LabelledText(guid: "train-1", text: "\"a , b ", label: "1"),
          LabelledText(guid: "train-2", text: "c", label: "0"),
        ])
      let json = try write(
        "[{\"t\": \"x\", \"l\": 2}, {\"t\": \"y\", \"l\": 0.5}]", "t.json", folder)
      let examples = try LabelledText.read(path: json, textColumn: "t", labelColumn: "l")
      #expect(examples.map(\.label) == ["2", "0.5"])
      for (text, name) in [
        ("sentence\tlabel\n", "e.tsv"), ("a\tb\n1\t2\n", "n.tsv"),
        ("[{\"sentence\": \"x\", \"label\": null}]", "l.json"),
      ] {
        let bad = try write(text, name, folder)
        #expect(throws: (any Error).self, "\(name)") { try LabelledText.read(path: bad) }
      }
    }
  }

  @Test
  func `AUG-24 train and dev as TSV and CSV, read back the same`() throws {
    try Places.withTemporaryFolder { folder in
      let dev = try write("sentence\tlabel\n\"x, y\t1\n", "d.tsv", folder)
      let texts = ["a \"quoted\", text ", "tab\tand\nbreak", "plain", " \"", ""]
      let groups = texts.enumerated().map {
        AugmentedGroup(
          original: LabelledText(guid: "train-\($0)", text: $1, label: "\($0)"), paraphrases: [])
      }
      let set = AugmentedSet(translator: "t", pivots: [], groups: groups)
      let out = folder.appendingPathComponent("a/b")
      try set.write(to: out.path, dev: dev)
      #expect(
        try read("train.tsv", out)
          == "sentence\tlabel\na \"quoted\", text \t0\ntab and break\t1\nplain\t2\n \"\t3\n\t4\n")
      for (name, expected) in [("train.csv", texts), ("dev.csv", ["\"x, y"])] {
        let path = out.appendingPathComponent(name).path
        #expect(try Table.read(path: path).texts(column: "sentence") == expected)
      }
      let tsv = out.appendingPathComponent("train.tsv").path
      #expect(try LabelledText.read(path: tsv).map(\.label) == ["0", "1", "2", "3", "4"])
      #expect(try read("dev.tsv", out) == "sentence\tlabel\n\"x, y\t1\n")
    }
  }

  // Before, 3 rows became 6, then 12.
  @Test
  func `AUG-28 an output folder that holds what is read is refused, by any path`() throws {
    try Places.withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("data")
      try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
      let input = try write("sentence\tlabel\na\t1\n", "train.tsv", data)
      let (link, out) = (folder.path + "/link", folder.path + "/out")
      #expect(symlink(data.path, link) == 0 && mkdir(out, 0o777) == 0)
      func refuses(_ output: String, _ inputs: [String], _ others: [String] = []) -> Bool {
        (try? AugmentedSet.check(output: output, inputs: inputs, others: others)) == nil
      }
      for output in [data.path, data.path + "/", link, link + "/../data", out + "/../data"] {
        #expect(refuses(output, [input]), "\(output)")
        #expect(refuses(output, [link + "/train.tsv"]), "\(output)")
        #expect(refuses(output, ["/x.tsv", input]), "the development set, \(output)")
      }
      #expect(!refuses(out, [input]) && !refuses(folder.path + "/new", [input]))
      // The input itself, under a name that the set has.
      #expect(Foundation.link(input, out + "/dev.csv") == 0)
      #expect(refuses(out, [input]))
      // Caches and recordings may stand in the output folder, but not as a file of the set.
      let new = folder.path + "/new"
      #expect(!refuses(new, [input], [new + "/translations.jsonl"]))
      #expect(refuses(new, [input], [new + "/train.tsv"]))
      #expect(refuses(link, ["/x.tsv"], [data.path + "/dev.csv"]))
    }
  }

  @Test
  func `AUG-24 what cannot be written`() throws {
    let set = AugmentedSet(translator: "t", pivots: [], groups: [])
    #expect(throws: (any Error).self) { try set.write(to: "/proc/none") }
    try Places.withTemporaryFolder { folder in
      #expect(throws: (any Error).self) {
        try set.write(to: folder.path, dev: "/nowhere/dev.tsv")
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(names.isEmpty)
    }
  }
}
