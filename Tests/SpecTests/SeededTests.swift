import TestSupport
import Testing

@Suite("Random inputs", .counted)
struct SeededTests {
  @Test
  func `SPEC-5 the same seed gives the same numbers`() {
    var (first, second) = (Seeded(7), Seeded(7))
    let numbers = (0..<100).map { _ in first.next() }
    #expect(numbers == (0..<100).map { _ in second.next() })
    #expect(Set(numbers).count == 100)
  }

  @Test
  func `SPEC-5 a golden without cases is an error`() {
    #expect(throws: GoldenError.self) { try Golden.arguments("decoding/none.json") { $0 } }
    #expect(throws: GoldenError.self) {
      try Golden.arguments("decoding/beam.json") { _ in nil as Int? }
    }
  }
}
