import FoxDecoding
import FoxNumbers
import TestSupport
import Testing

@Suite("Parameters", .counted)
struct ParametersTests {
  @Test
  func `LAYER-5 lie in one buffer, gradients at the same places`() throws {
    let parameters = try Parameters([("a", [2, 3]), ("b", [4])])
    #expect(parameters.count == 10)
    #expect(parameters["b"]?.range == 6..<10)
    let entry = try #require(parameters["b"])
    let view = try parameters.tensor(entry)
    parameters.values.pointer[7] = 5
    #expect(view.elements == [0, 5, 0, 0])
    parameters.gradient(of: view.pointer)[1] = 3
    #expect(parameters.gradients.pointer[7] == 3)
    parameters.clearGradients()
    #expect(parameters.gradients.pointer[7] == 0)
  }
}

extension ParametersTests {
  /// The sum of two sizes that can be counted, bytes that cannot, and bytes that no process has.
  @Test(arguments: [[[1 << 62], [1 << 62]], [[1 << 61]], [[8], [1 << 30, 1 << 13]]])
  func `LAYER-14 too many of them are refused`(shapes: [[Int]]) {
    let named = shapes.enumerated().map { (name: "p\($0)", shape: $1) }
    let fault = #expect(throws: Fault.self) { try Parameters(named) }
    #expect(fault?.place == "shape" && fault?.expected == "at most 2⁴³ numbers in all parameters")
  }
}

@Suite("Arenas", .counted)
struct ArenaTests {
  @Test
  func `LAYER-10 an arena's memory is used again`() {
    let arena = Arena()
    let first = arena.take(10)
    let second = arena.take(10)
    #expect(second - first == 16)
    let large = arena.take(20 << 20)
    #expect(large != first)
    arena.reset()
    #expect(arena.take(10) == first && arena.take(10) == second && arena.take(20 << 20) == large)
  }

  @Test
  func `LAYER-10 what a block took is given to the next`() {
    let arena = Arena()
    _ = arena.take(10)
    let mark = arena.mark
    let first = arena.matrix(3, 5)
    arena.release(to: mark)
    let second = arena.matrix(2, 2)
    #expect(first.start == second.start && first.rows == 3 && second.isContiguous)
  }
}
