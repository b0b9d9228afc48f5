import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("The command line: BERT's tokenizer", .counted)
struct BERTTokenizeTests {
  private let tokenizer = ["--tokenizer", Places.golden("tokenizers/bert/uncased")]

  private func json(_ arguments: [String], input: Data = Data()) throws -> JSON {
    let run = try FoxProcess.run(arguments + tokenizer, input: input)
    #expect(run.status == 0, "\(run.error)")
    return try JSON.parse(Array(run.output.utf8))
  }

  @Test
  func `CLI-7 a batch of the reference, one text at a time`() throws {
    let cases = try Golden.cases("tokenizers/bert-batches.json").filter {
      $0["texts"]?.array?.count == 1 && $0["encodings"] != nil
    }
    #expect(cases.count > 10)
    for golden in cases {
      let options = try #require(golden["options"]?.object).members
      var arguments = ["tokenize", try #require(golden["texts"]?.array?[0].string), "--json"]
      if let pair = golden["pairs"]?.array?[0].string { arguments += ["--pair", pair] }
      if golden["options"]?["add_special_tokens"]?.bool != false {
        arguments.append("--add-special-tokens")
      }
      for (key, value) in options where key != "add_special_tokens" {
        let word: String? =
          switch value {
          case .bool(true): key == "padding" ? "longest" : "longest_first"
          case .integer(let number): String(number)
          case .string(let text): text
          default: nil
          }
        let name = "--" + key.replacing("_", with: "-")
        if let word { arguments += [name, word] }
      }
      let document = try json(arguments + ["--overflow"])
      let all = try #require(golden["encodings"]?.array?[0].array)
      let parts = try #require(document["overflowing"]?.array)
      #expect(parts.count == all.count - 1, "\(arguments)")
      for (actual, golden) in zip([document] + parts, all) {
        let lists = try #require(golden.array)
        let names = ["ids", "tokens", "offsets", "type_ids", "attention_mask"]
        for (name, list) in zip(names, lists) where name != "offsets" {
          #expect(actual[name] == list, "\(name) of \(arguments)")
        }
        let offsets = try #require(actual["offsets"]?.array).flatMap { try $0.integers() }
        #expect(try offsets == lists[2].integers(), "offsets of \(arguments)")
      }
    }
  }

  @Test
  func `CLI-7 lines, ids alone, a table`() throws {
    let text = "The movie was good!"
    let document = try json(["tokenize", text, "--json", "--add-special-tokens"])
    #expect(
      document.object?.members.map(\.key) == [
        "ids", "tokens", "type_ids", "attention_mask", "offsets",
      ])
    let ids = try document.required("ids").integers()
    let lines = try FoxProcess.run(
      ["tokenize", "--lines", "--add-special-tokens"] + tokenizer,
      input: Data("\(text)\n\n\(text)".utf8))
    let documents = try lines.output.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
    #expect(documents.count == 3 && documents[0] == document && documents[2] == document)
    #expect(try documents[1].required("ids").integers() == [2, 3])
    let alone = try FoxProcess.run(["tokenize", text, "--ids-only"] + tokenizer)
    #expect(
      alone.output == ids.dropFirst().dropLast().map(String.init).joined(separator: " ") + "\n")
    let around = try FoxProcess.run(
      ["tokenize", text, "--ids-only", "--add-special-tokens"] + tokenizer)
    #expect(around.output == ids.map(String.init).joined(separator: " ") + "\n")
    let table = try FoxProcess.run(["tokenize", text, "--add-special-tokens"] + tokenizer).output
    #expect(table.hasPrefix("2\t[CLS]\t0\t0\n") && table.split(separator: "\n").count == ids.count)
    let cut = try json(["tokenize", text, "--json", "--max-length", "2"])
    #expect(try cut.required("ids").integers() == Array(ids[1...2]))
  }

  @Test
  func `CLI-8 detokenize`() throws {
    let ids = try json(["tokenize", "don't , movie!", "--json", "--add-special-tokens"])
      .required("ids").integers().map(String.init)
    let document = try json(["detokenize", "--json", "--skip-special-tokens"] + ids)
    #expect(document["text_raw"]?.string == "don ' t, movie!")
    #expect(document["text"]?.string == "don't, movie!")
    let text = try FoxProcess.run(["detokenize"] + ids + tokenizer).output
    #expect(text == "[CLS] don ' t, movie! [SEP]\n")
  }

  @Test(
    arguments: [
      (["--max-length", "0"], 64, "--max-length is 0; expected at least 1"),
      (["--stride=-1"], 64, "--stride is -1; expected at least 0"),
      (["--pad-to-multiple-of", "8"], 64, "--pad-to-multiple-of needs --padding"),
      (
        ["--padding", "longest", "--pad-to-multiple-of", "0"], 64,
        "--pad-to-multiple-of is 0; expected at least 1"
      ),
      (["--padding", "longer"], 64, "The value 'longer' is invalid for '--padding <length>'"),
      (["--truncation", "both"], 64, "The value 'both' is invalid"),
      (["--overflow"], 64, "--overflow needs --json or --lines"),
      (["--ids-only", "--threads", "2", "--max-length", "9"], 64, "--threads goes with plain ids"),
      (["--max-length", "1", "--add-special-tokens"], 1, "expected room for 2 special tokens"),
      (
        ["--max-length", "2", "--truncation", "only_second"], 1,
        "only_second: found no second text"
      ),
      (
        ["--padding", "max_length", "--max-length", "999999999"], 1,
        "padding: found 999999999 tokens, expected at most"
      ),
    ] as [([String], Int32, String)])
  func `CLI-2 CLI-7 what fails, says why`(arguments: [String], status: Int32, words: String) throws
  {
    let run = try FoxProcess.run(["tokenize", "a b c d"] + arguments + tokenizer)
    #expect(run.status == status && run.output.isEmpty)
    #expect(run.error.contains(words), "\(run.error)")
  }

  @Test
  func `CLI-7 the GPT-2 has nothing to pad with; a folder of neither`() throws {
    let gpt2 = try FoxProcess.run(
      ["tokenize", "a", "--padding", "max_length", "--max-length", "4", "--tokenizer"]
        + [FoxProcess.model])
    #expect(gpt2.status == 1)
    #expect(gpt2.error.contains("padding: found no token to pad with"))
    let none = try FoxProcess.run(["tokenize", "a", "--tokenizer", "/nowhere"])
    #expect(none.status == 1 && none.error.contains("\"/nowhere\": there is no such folder"))
  }
}
