import FoxKernels
import TestSupport
import Testing

@Suite("Rows that lie anywhere", .counted)
struct SlotTests {
  @Test(arguments: [1, 15, 16, 63, 64, 150], [1, 5, 33])
  func `LAYER-3 scores and sums are the plain ones`(size: Int, count: Int) {
    for table in [Operations.plain, Kernels.table] { compare(table, size: size, count: count) }
  }

  private func compare(_ table: Operations, size: Int, count: Int) {
    let stride = size + 3
    let numbers = ProductTests.numbers(40 * stride, seed: size)
    let memory = Tensor(shape: [40, stride]) { $0.update(from: numbers, count: numbers.count) }
    let q = ProductTests.numbers(size, seed: count)
    let slots = (0..<count).map { Int32($0 * 7 % 40) }
    var scores = [Float](repeating: .nan, count: count)
    var sum = [Float](repeating: .nan, count: size)
    slots.withUnsafeBufferPointer { slots in
      let rows = Matrix(
        UnsafeMutablePointer(mutating: memory.pointer), 40, size, stride: stride)
      table.slotScores(q, rows, slots, 0.5, &scores)
      table.slotSum(rows, slots, scores, &sum)
    }
    let element = { (slot: Int32, k: Int) in Double(numbers[Int(slot) * stride + k]) }
    let plainScores = slots.map { slot in
      Float((0..<size).reduce(0) { $0 + Double(q[$1]) * element(slot, $1) } * 0.5)
    }
    expectClose(scores, plainScores, tolerance: 1e-5, "scores")
    let plainSum = (0..<size).map { k in
      Float(slots.indices.reduce(0) { $0 + Double(scores[$1]) * element(slots[$1], k) })
    }
    expectClose(sum, plainSum, tolerance: 5e-5, "sum")
  }
}
