import FoxDecoding
import TestSupport
import Testing

@testable import FoxEngines

@Suite("What a translator is held to", .counted)
struct TranslatorTests {
  /// Answers the given indices.
  private struct Careless: Engine {
    let name = "careless"
    let indices: [Int]

    func directions() -> [Direction] { [] }
    func translate(
      _ texts: [String], _ direction: Direction,
      answer: (_ index: Int, _ text: String) throws -> Void
    ) throws {
      for index in indices { try answer(index, "\(index)") }
    }
  }

  @Test
  func `AUG-2 one answer for each text, in any order`() throws {
    let way = try direction("eng", "spa")
    let texts = ["a", "b", "c"]
    let translations = try Careless(indices: [2, 0, 1]).translations(of: texts, way)
    #expect(translations == ["0", "1", "2"])
    for (indices, found) in [([0, 1], 2), ([0, 0, 1], 2), ([0, 1, 2, 3], 4), ([], 0), ([-1], 1)] {
      #expect(
        throws: Fault.answers(
          engine: "careless", direction: way, expected: 3, found: found)
      ) { try Careless(indices: indices).translations(of: texts, way) }
    }
  }

  @Test
  func `AUG-2 a path is one direction after the other`() throws {
    let engine = CountingTranslator([])
    let path = try ["eng", "spa", "fra", "eng"].map { try language($0) }
    let passages = try engine.translate(["a", "b"], along: path) { _ in }
    #expect(passages[1].hops == ["spa(b)", "fra(spa(b))", "eng(fra(spa(b)))"])
    #expect(engine.texts.count == 6)
  }
}
