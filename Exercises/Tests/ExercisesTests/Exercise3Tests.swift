import Exercises
import Testing

@Suite("Exercise 3: a translation strategy")
struct Exercise3Tests {
  private let examples = [
    Example(guid: "train-1", text: "its unerring respect", label: "1"),
    Example(guid: "train-2", text: "a dull film", label: "0"),
  ]

  /// There it puts the language in front, back it takes it away and changes a word.
  private func run(_ pivots: [String]) throws -> (set: [Example], asked: [String]) {
    var asked: [String] = []
    let set = try augmented(examples, by: pivots) { text, source, target in
      asked.append("\(source)>\(target)")
      if target != "en" { return "[\(target)] \(text)" }
      #expect(text.hasPrefix("[\(source)] "), "back from \(source) goes what came out of it")
      let words = text.replacing("[\(source)] ", with: "")
      switch source {
      case "same": return words
      case "es", "pt": return words.replacing("dull", with: "boring").replacing("its", with: "his")
      default: return words + " \(source)"
      }
    }
    return (set, asked)
  }

  @Test func `every original is there, unchanged, once`() throws {
    let set = try run(["fi", "es"]).set
    for example in examples {
      #expect(set.filter { $0 == example }.count == 1, "\(example.guid) must stay as it is")
    }
  }

  @Test func `every pivot is used, there and back, for every sentence`() throws {
    let asked = try run(["fi", "es", "hi"]).asked
    for pivot in ["fi", "es", "hi"] {
      #expect(
        asked.filter { $0 == "en>\(pivot)" }.count == 2, "each sentence goes to \(pivot) once")
      #expect(asked.filter { $0 == "\(pivot)>en" }.count == 2, "and comes back once")
    }
    let texts = try run(["fi"]).set.map(\.text)
    #expect(texts.contains("its unerring respect fi"), "the paraphrase is English again")
  }

  @Test func `every journey starts from the original`() throws {
    let texts = try run(["fi", "hi"]).set.map(\.text)
    for text in ["its unerring respect fi", "its unerring respect hi"] {
      #expect(texts.contains(text), "a paraphrase of a paraphrase is further away: \(texts)")
    }
  }

  @Test func `what two originals have in common stays with both`() throws {
    let twice = [
      Example(guid: "a", text: "a dull film", label: "0"),
      Example(guid: "b", text: "a dull film", label: "1"),
    ]
    let set = try augmented(twice, by: ["es"]) { text, _, target in
      target == "en" ? "a boring film" : text
    }
    for label in ["0", "1"] {
      #expect(
        set.filter { $0.label == label }.map(\.text).sorted() == ["a boring film", "a dull film"],
        "a repetition counts within the paraphrases of one original, not among all")
    }
  }

  @Test func `labels survive the journey`() throws {
    for example in try run(["fi", "es"]).set {
      let isFirst = example.text.contains("respect")
      #expect(example.label == (isFirst ? "1" : "0"), "\(example.text) keeps its original's label")
    }
  }

  @Test func `a paraphrase that is the original again is left out`() throws {
    #expect(try run(["same"]).set.count == 2, "the originals alone: the pivot changed nothing")
  }

  @Test func `two pivots that say the same add one sentence`() throws {
    #expect(try run(["es", "pt"]).set.count == 4, "2 originals and 1 paraphrase each")
  }

  @Test func `every guid is unique`() throws {
    let guids = try run(["fi", "es", "hi"]).set.map(\.guid)
    #expect(Set(guids).count == guids.count, "the homework writes train-1-aug-fi")
  }
}
