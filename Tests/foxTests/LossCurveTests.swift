import FoxFiles
import TestSupport
import Testing

@testable import fox

@Suite("The curve of losses", .counted)
struct LossCurveTests {
  @Test
  func `CLI-55 shows training and evaluation by step`() throws {
    let history: [JSON.Object] = [
      .init([("step", 10), ("loss", 3.5)]), .init([("step", 20), ("loss", 3.25)]),
      .init([("step", 20), ("eval_loss", 3.4)]), .init([("step", 20), ("train_loss", 3.3)]),
    ]
    let svg = try #require(LossCurve.chart(history)).svg
    #expect(svg.contains("training, since the last log: 2 points, from 3.5 to 3.25"))
    #expect(svg.contains("evaluation: 1 points"))
    #expect(LossCurve.chart(Array(history.prefix(1))) == nil)
    try Places.withTemporaryFolder { folder in
      try LossCurve.write(history, to: folder.path)
      #expect(
        try JSON.string(
          MappedFile(path: "\(folder.path)/loss.svg").withBytes {
            String(decoding: $0, as: UTF8.self)
          }
        ).string == svg)
    }
  }
}
