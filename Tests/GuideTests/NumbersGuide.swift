import FoxNumbers
import Testing

@Suite("The guide to Numbers", .counted)
struct NumbersGuide {
  @Test
  func `BOOK-10 an entry of the table is replaced, and compared with the plain one`() throws {
    // A table of plain Swift in which one entry is another.
    let table = Operations(name: "rows in parallel")
    table.gelu = { form, x, y in
      Operations.current.forEach(x.rows) { row, _ in
        Operations.plain.gelu(form, x[rows: row..<row + 1], y[rows: row..<row + 1])
      }
    }

    let arena = Arena()
    let (x, plain, ours) = (arena.matrix(2, 3), arena.matrix(2, 3), arena.matrix(2, 3))
    for c in 0..<3 { (x[0][c], x[1][c]) = (Float(c) - 1, Float(c) * 2) }
    Operations.plain.gelu(.tanh, x, plain)
    Operations.$override.withValue(table) { Operations.current.gelu(.tanh, x, ours) }
    #expect(ours.elements == plain.elements)
    withExtendedLifetime(arena) {}
  }
}
