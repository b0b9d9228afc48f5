import FoxContract
import TestSupport
import Testing

@Suite("The contract", .counted)
struct ContractTests {
  private static let text = """
    > **`BEAM-1`** An example, which explains the format. · *source* `x`

    ## Contents

    ## Decoding (BEAM)

    > **`BEAM-3`** Candidates are ordered by score,
    > off by ‖Δ‖ ≤ 1e-5 · max(1, ‖g‖) at most, and within 2e-6. · *homework* Q1.1 to Q1.3 ·
    > *golden* [`decoding/beam.json`](Golden/decoding/beam.json) · *source* `Book/A.swift`,
    > `Tests/SpecTests`

    Words between clauses.

    > **`BEAM-30`** Another. · *homework* Q3 · *test* [`B`](Tests/B.swift) · *source* `fox/C.swift`

    ## Program

    > **`CLI-4`** A third. · *source* `fox/D.swift`
    """
  private let contract = Contract(text: Self.text)

  @Test
  func `SPEC-6 a clause is its id, its rule, and what it names`() throws {
    #expect(contract.clauses.map(\.id) == ["BEAM-3", "BEAM-30", "CLI-4"])
    let clause = try #require(contract["BEAM-3"])
    #expect(
      clause.rule
        == "Candidates are ordered by score, off by ‖Δ‖ ≤ 1e-5 · max(1, ‖g‖) at most, and "
        + "within 2e-6.")
    #expect(clause.section == "Decoding" && clause.homework == "Q1.1 to Q1.3")
    #expect(clause.goldens == ["Golden/decoding/beam.json"])
    #expect(clause.sources == ["Sources/Book/A.swift", "Tests/SpecTests"] && clause.tests.isEmpty)
    #expect(contract["BEAM-30"]?.tests == ["Tests/B.swift"])
    #expect(contract["CLI-4"]?.section == "Program")
  }

  @Test
  func `SPEC-4 SPEC-6 the bounds of a clause, each with the words before it`() throws {
    let bounds = try #require(contract["BEAM-3"]).bounds
    #expect(bounds.map(\.value) == [1e-5, 2e-6])
    #expect(bounds[1].words.contains("max(1, ‖g‖)") && !bounds[1].words.contains("ordered"))
    #expect((Bound.of("BEAM-1") as Double).isNaN)
  }

  @Test
  func `SPEC-6 clauses of a question`() {
    #expect(contract.clauses(ofQuestion: "Q1.2").map(\.id) == ["BEAM-3"])
    #expect(contract.clauses(ofQuestion: "Q1.4").isEmpty)
    #expect(contract.clauses(ofQuestion: "Q3.1").map(\.id) == ["BEAM-30"])
  }

  @Test
  func `SPEC-6 what somebody may have meant`() {
    #expect(contract.near("BEAM-4") == ["BEAM-3", "BEAM-30"])
    #expect(contract.near("beam-31") == ["BEAM-30", "BEAM-3"])
    #expect(contract.near("BEAN-3") == ["BEAM-3", "BEAM-30"])
    #expect(contract.near("XYZ-1") == [])
  }

  @Test
  func `SPEC-6 tests are found by their names`() {
    // Put together, so that this is not taken for tests of the package.
    let mark = "@" + "Test"
    let source = """
      /// \(mark) is explained here.
      @Suite("A", .counted) struct A { \(mark) func `B-1 in one line`() {} }
        \(mark)(
          .tier(.t1), arguments: [1, 2])
        func
          `BEAM-3 GPT2-4 of two clauses`(n: Int) throws {}
        \(mark)
        func plain() {}
      let text = "\(mark) func x()"
      """
    let tests = ClauseTest.all(in: source, file: "Tests/A.swift")
    #expect(tests.map(\.line) == [2, 3, 7])
    #expect(tests.map(\.clauses) == [["B-1"], ["BEAM-3", "GPT2-4"], []])
    #expect(tests.map(\.words) == ["in one line", "of two clauses", "plain"])
  }
}
