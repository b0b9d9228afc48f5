import BrownFox
import Foundation
import TestSupport
import Testing

@Suite("README's Swift", .counted, .tier(.t1))
struct ReadmeGuide {
  private final class Printed {
    var lines: [String] = []
  }

  @Test
  func `BOOK-10 README's library`() async throws {
    // Where `swift test` runs already.
    _ = FileManager.default.changeCurrentDirectoryPath(Places.package.path)
    let printed = Printed()
    func print(_ items: Any..., terminator: String = "\n") {
      printed.lines.append(items.map { "\($0)" }.joined(separator: " ") + terminator)
    }

    let folder = "Weights/tale-gpt2"
    let model = try GPT2Model.load(folder: folder).model
    let tokenizer = try GPT2Tokenizer(folder: folder)
    let prompt = try tokenizer.encodeIDs("The brown fox jumps")

    let search = try BeamSearch(beams: 5, steps: 10, processors: [BeamBlock()])
    for beam in try search.run(prompt, on: model).beams {
      print(beam.scorePerToken, try beam.text(tokenizer))
    }

    var decoder = StreamingDecoder(tokenizer)
    for try await token in try TokenGenerator(maxNewTokens: 30).tokens(after: prompt, on: model) {
      // Leaving the loop, or cancelling the task, ends it.
      print(try decoder.feed(token), terminator: "")
    }

    #expect(printed.lines.prefix(5).allSatisfy { $0.contains("The brown fox jumps") })
    #expect(printed.lines.count > 5 && printed.lines.count <= 35)
  }
}
