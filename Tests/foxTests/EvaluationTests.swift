import Foundation
import FoxFiles
import TestSupport
import Testing

/// Runs a command on files of given contents; in arguments, `@name` is the path of a file.
private func run(
  _ arguments: [String], files: [String: [UInt8]] = [:]
) throws -> FoxProcess {
  try Places.withTemporaryFolder { folder in
    for (name, bytes) in files {
      try Data(bytes).write(to: folder.appendingPathComponent(name))
    }
    return try FoxProcess.run(
      arguments.map { argument in
        if argument == "MODEL" { return FoxProcess.model }
        guard argument.hasPrefix("@") else { return argument }
        return folder.appendingPathComponent(String(argument.dropFirst())).path
      })
  }
}

private func document(
  _ arguments: [String], files: [String: String]
) throws -> JSON {
  let run = try run(arguments + ["--json"], files: files.mapValues { Array($0.utf8) })
  #expect(run.status == 0, "\(run.error)")
  return try JSON.parse(Array(run.output.utf8))
}

@Suite("The commands that evaluate", .counted)
struct EvaluationTests {
  private let texts = [
    "r": "The quick brown fox\njumps over the dog\n", "p": "The quick dog\n\njumps",
    "q": "The quick dog\njumps",
  ]

  @Test
  func `CLI-40 rouge: the homework's and the standard`() throws {
    let arguments = ["rouge", "--reference", "@r", "--prediction", "@q"]
    let homework = try document(arguments + ["--tokenizer", "MODEL"], files: texts)
    #expect(homework["variant"]?.string == "homework" && homework["n"]?.integer == 3)
    #expect(homework["count"]?.integer == 2 && homework["scores"]?.array?.count == 2)
    let standard = try document(
      arguments + ["--variant", "standard", "--n", "2", "--stemmer"], files: texts)
    #expect(
      standard["scores"]?.object?.members.map(\.key) == ["rouge1", "rouge2", "rougeL", "rougeLsum"])
    let precision = try #require(standard["scores"]?["rouge1"]?["precision"]?.double)
    #expect(abs(precision - 2.5 / 3) < 1e-15)
    #expect(standard["scores"]?["rouge1"]?["recall"]?.double == 0.375)
    let table = try run(
      arguments + ["--variant", "standard"], files: texts.mapValues { Array($0.utf8) })
    #expect(table.output.hasPrefix("rouge1     precision 0.8333 recall 0.3750 fmeasure 0.4857\n"))
    let line = try run(
      arguments + ["--tokenizer", "MODEL"], files: texts.mapValues { Array($0.utf8) })
    #expect(line.output.hasPrefix("ROUGE-3 of the homework: "))
  }

  @Test
  func `CLI-41 eval pairs: JSON, table, limits`() throws {
    let stories = [
      "s.jsonl": """
      {"id": 1, "story": "The cat sat. It slept. Then it ran."}
      {"id": 2, "story": "No second sentence"}
      {"id": 3, "story": "The dog ran. He was glad. End."}
      """
    ]
    let arguments = ["eval", "pairs", "--model", "MODEL", "--data", "@s.jsonl"]
    let all = try document(arguments, files: stories)
    #expect(
      all.object?.members.map(\.key) == [
        "model", "data", "text_column", "pairs", "skipped", "target_tokens", "perplexity",
        "rouge_3", "rouge", "sample",
      ])
    #expect(all["pairs"]?.integer == 2 && all["skipped"]?.integer == 1)
    #expect(all["text_column"]?.string == "story")
    #expect(all["sample"]?["second"]?.string == "It slept.")
    #expect(all["sample"]?["prediction"]?.string != nil)
    #expect(all["rouge"]?.object?.members.map(\.key) == ["rouge1", "rouge2", "rouge3", "rougeL"])
    let first = try document(arguments + ["--limit", "1", "--no-rouge"], files: stories)
    #expect(first["pairs"]?.integer == 1 && first["rouge_3"] == nil)
    let shown = try run(arguments, files: stories.mapValues { Array($0.utf8) })
    #expect(shown.status == 0 && shown.output.hasPrefix("pairs       2 (1 story skipped)\n"))
    #expect(shown.error.contains("column \"story\"; 2 pairs in ") && !shown.error.contains("\r"))
  }

  @Test(.tier(.t1), .tier(.t3))
  func `CLI-41 METR-2 eval pairs on CoQA is the homework's call`() throws {
    let data = Places.data?.appendingPathComponent("coqa/coqa-dev-first5.json").path ?? ""
    let golden = try Golden.json("metrics/pairs_data.json").required("coqa")
    let folder = Places.weights.appendingPathComponent("tale-gpt2").path
    let found = try document(
      ["eval", "pairs", "--model", folder, "--data", data, "--field", "data"], files: [:])
    #expect(found["pairs"]?.integer == 5)
    let (perplexity, expected) = (found["perplexity"]?.double, golden["perplexity"]?.double)
    #expect(abs((perplexity ?? 0) - (expected ?? 1)) <= 1e-4 * (expected ?? 0))
    #expect(
      String(format: "%.12f", found["rouge_3"]?.double ?? 0)
        == String(format: "%.12f", golden["rouge_3"]?.double ?? 1))
  }

  @Test
  func `CLI-42 GLUE-1 metrics glue: lines, names, tables`() throws {
    let files = [
      "p.txt": "1\n0\n1\n", "r.txt": "positive\nnegative\nnegative\n",
      "p.tsv": "index\tprediction\n0\t1\n1\t0\n2\t1\n", "r.csv": "label,sentence\n1,a\n0,b\n0,c\n",
      "predict_results": "index\tprediction\n0\tpositive\n1\tnegative\n2\tpositive\n",
      "s.txt": "1.0\n1.0\n1.0\n", "t.jsonl": "{\"label\": 1}\n{\"label\": 2.5}\n{\"label\": 5}\n",
    ]
    for (predictions, references) in [
      ("p.txt", "r.txt"), ("p.tsv", "r.csv"), ("predict_results", "r.txt"),
    ] {
      let found = try document(
        [
          "metrics", "glue", "--task", "sst2", "--predictions", "@\(predictions)", "--references",
          "@\(references)",
        ], files: files)
      #expect(found["count"]?.integer == 3)
      #expect(found["metrics"]?["accuracy"]?.double == 2.0 / 3, "\(predictions)")
    }
    let labels = [
      "p.txt": "0\n2\n1\n", "r.txt": "entailment\nneutral\ncontradiction\n",
      "h.txt": "entailment\nnon-entailment\nnon-entailment\n",
    ]
    for (task, references, accuracy) in [
      ("mnli_matched", "r.txt", 1.0 / 3), ("mnli_mismatched", "r.txt", 1.0 / 3),
      ("mnli-mm", "r.txt", 1.0 / 3), ("hans", "h.txt", 2.0 / 3),
    ] {
      let found = try document(
        [
          "metrics", "glue", "--task", task, "--predictions", "@p.txt", "--references",
          "@\(references)",
        ], files: labels)
      #expect(found["task"]?.string == task)
      #expect(found["metrics"]?["accuracy"]?.double == accuracy, "\(task)")
    }
    let scores = [
      "metrics", "glue", "--task", "stsb", "--predictions", "@s.txt", "--references", "@t.jsonl",
    ]
    let constant = try document(scores, files: files)
    #expect(constant["metrics"]?["combined_score"] == "NaN")
    let shown = try run(
      ["metrics", "glue", "--task", "mrpc", "--predictions", "@p.txt", "--references", "@p.txt"],
      files: files.mapValues { Array($0.utf8) })
    #expect(shown.output == "accuracy       1.0\nf1             1.0\ncombined_score 1.0\n")
  }

  /// A call that fails.
  struct Failure: CustomTestStringConvertible, Sendable {
    let arguments: String
    let status: Int32
    let words: String
    var testDescription: String { "\(arguments) → \(words)" }
  }

  static let failures: [Failure] = [
    .init(arguments: "rouge --reference @a", status: 64, words: "Missing expected argument"),
    .init(
      arguments: "rouge --reference @a --prediction @b", status: 1,
      words: "predictions: found 1, expected 2, one for each reference"),
    .init(
      arguments: "rouge --reference @gap --prediction @gap --tokenizer MODEL", status: 1,
      words: "the reference, line 2: found no tokens, expected at least 1"),
    .init(
      arguments: "rouge --reference @empty --prediction @empty", status: 1,
      words: "empty: found an empty file, expected the file itself"),
    .init(
      arguments: "rouge --reference @a --prediction @bad", status: 1,
      words: "bad, line 2, byte 2: found a byte that is not UTF-8"),
    .init(
      arguments: "rouge --reference @a --prediction /nowhere", status: 1,
      words: "/nowhere: found nothing, expected a file"),
    .init(
      arguments: "rouge --reference @a --prediction @a --n 0", status: 64,
      words: "--n: found 0, expected 1 to 9"),
    .init(
      arguments: "rouge --reference @a --prediction @a --n 10 --variant standard", status: 64,
      words: "--n: found 10, expected 1 to 9"),
    .init(
      arguments: "rouge --reference @a --prediction @a --stemmer", status: 64,
      words: "--stemmer goes with --variant standard"),
    .init(
      arguments: "rouge --reference @a --prediction @a --variant rouge_l", status: 64,
      words: "The value 'rouge_l' is invalid"),
    .init(
      arguments: "eval pairs --model MODEL --data @a --limit 0", status: 64,
      words: "--limit is 0; expected at least 1"),
    .init(
      arguments: "eval pairs --model MODEL --data @a", status: 1,
      words: "found neither a name nor a beginning that says what it holds"),
    .init(
      arguments: "eval pairs --model MODEL --data @a.txt", status: 1,
      words: "found two sentences in none of 2 stories"),
    .init(
      arguments: "eval pairs --model MODEL --data @s.csv --text-column story", status: 1,
      words: "found no column \"story\", expected \"text\", \"n\""),
    .init(
      arguments: "eval pairs --model MODEL --data @s.csv --field data", status: 1,
      words: "field: found \"data\", expected none for a .csv"),
    .init(
      arguments: "eval pairs --model MODEL --data @torn.csv", status: 1,
      words: "torn.csv, line 3: found a quoted field that never ends"),
    .init(
      arguments: "eval pairs --model MODEL --data @n.jsonl", status: 1,
      words: "n.jsonl: found \"story\" is not text, expected a column of texts"),
    .init(
      arguments: "eval pairs --model MODEL --data @long.txt", status: 1,
      words: "story 2: the text: found 182 tokens, expected at most the model's 64 positions"),
    .init(
      arguments: "eval pairs --model MODEL --data @emoji.txt", status: 1,
      words: "found two sentences in none of 1 story"),
    .init(
      arguments: "eval pairs --model /nowhere --data @s.csv", status: 1, words: "/nowhere"),
    .init(
      arguments: "metrics glue --task snli --predictions @a --references @a", status: 64,
      words: "The value 'snli' is invalid"),
    .init(
      arguments: "metrics glue --task sst2 --predictions @a --references @a", status: 1,
      words:
        "a, line 1: found \"one. two. three\", expected a whole number or one of negative, "
        + "positive"),
    .init(
      arguments: "metrics glue --task sst2 --predictions @gap --references @n.txt", status: 1,
      words: "gap, line 1: found \"x\""),
    .init(
      arguments: "metrics glue --task stsb --predictions @nan --references @nan", status: 1,
      words: "nan, line 2: found \"nan\", expected a number"),
    .init(
      arguments: "metrics glue --task mrpc --predictions @n.txt --references @n.txt", status: 1,
      words: "f1: found the labels 0, 1, 7, expected 0 and 1"),
    .init(
      arguments: "metrics glue --task sst2 --predictions @n.txt --references @one", status: 1,
      words: "predictions: found 3, expected 1, one for each reference"),
    .init(
      arguments: "metrics glue --task sst2 --predictions @empty --references @empty", status: 1,
      words: "empty: found an empty file, expected the file itself"),
    .init(
      arguments: "metrics glue --task sst2 --predictions @null.json --references @one", status: 1,
      words: "null.json, row 1, column \"label\": found null, expected a label or a score"),
  ]

  static let files: [String: [UInt8]] = [
    "a": Array("one. two. three\nfour\n".utf8), "a.txt": Array("one\nfour\n".utf8),
    "b": Array("one".utf8), "gap": Array("x\n\ny\n".utf8), "empty": [], "bad": [0x61, 0x0A, 0xFF],
    "s.csv": Array("text,n\nOne two. Three. Four,1\n".utf8),
    "torn.csv": Array("text,n\na,1\n\"b,2\n".utf8), "n.jsonl": Array("{\"story\": [1]}".utf8),
    "long.txt": Array(("no pair here\n" + String(repeating: "fox ", count: 50) + ". He. She").utf8),
    "emoji.txt": Array(String(repeating: "🦊", count: 250_000).utf8),
    "nan": Array("1\nnan\n".utf8), "n.txt": Array("0\n1\n7\n".utf8), "one": Array("1".utf8),
    "null.json": Array("[{\"label\": null}]".utf8),
  ]

  @Test(arguments: failures)
  func `CLI-2 CLI-40 CLI-41 CLI-42 what fails, says why`(failure: Failure) throws {
    let run = try run(
      failure.arguments.split(separator: " ").map(String.init), files: Self.files)
    #expect(run.status == failure.status, "\(run.status)")
    #expect(run.error.contains(failure.words), "\(run.error)")
    if failure.status == 1 { #expect(run.error.hasPrefix("fox: ") && run.output.isEmpty) }
  }

  @Test
  func `CLI-40 a megabyte of emoji on one line`() throws {
    for variant in [["--tokenizer", "MODEL"], ["--variant", "standard"]] {
      let run = try run(
        ["rouge", "--reference", "@emoji.txt", "--prediction", "@emoji.txt", "--json"] + variant,
        files: Self.files)
      #expect(run.status == 0, "\(run.error)")
    }
  }
}
