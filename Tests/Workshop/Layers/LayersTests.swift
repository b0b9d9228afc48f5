import FoxKernels
import FoxLayers
import TestSupport
import Testing

@Suite("Layers")
struct LayersTests {
  static let golden = Result { try GoldenTensors("layers/layers.safetensors") }

  static func cases(_ prefix: String) -> [String] {
    ((try? golden.get().cases) ?? []).filter { $0.hasPrefix(prefix + "/") }
  }

  @Test(
    "linear maps, in both layouts", .spec("LAYER-1"), arguments: cases("linear") + cases("conv1d"))
  func linear(name: String) throws {
    let golden = try Self.golden.get()
    let layer = try Linear(
      weight: golden["\(name).weight"], bias: golden["\(name).bias"],
      layout: name.hasPrefix("conv1d") ? .inputMajor : .outputMajor)
    let (x, y) = (try golden["\(name).x"], try golden["\(name).y"])
    let actual = Tensor(shape: y.shape) { layer.forward(x.pointer, rows: x.shape[0], into: $0) }
    #expect(layer.inputs == x.shape[1] && layer.outputs == y.shape[1])
    expectClose(actual.elements, y.elements, tolerance: 2e-5, name)
  }

  @Test(
    "attention, token by token and by products", .spec("LAYER-3"), arguments: cases("attention"))
  func attention(name: String) throws {
    let golden = try Self.golden.get()
    let (x, y) = (try golden["\(name).x"], try golden["\(name).y"])
    let (tokens, channels) = (y.shape[0], y.shape[1])
    let heads = name.hasSuffix("one-head") ? 1 : name.hasSuffix("three-heads") ? 3 : 2
    let shape = AttentionShape(
      channels: channels, heads: heads, scale: 1 / Float(channels / heads).squareRoot())
    let part = { (index: Int) -> [Float] in
      (0..<tokens).flatMap { row in
        (0..<channels).map { x.pointer[row * 3 * channels + index * channels + $0] }
      }
    }
    let (keys, values) = (part(1), part(2))
    var actual = [Float](repeating: .nan, count: y.count)
    let slots = (0..<Int32(tokens)).map { $0 }
    SlotAttention.forward(
      (0..<tokens).map { .init(row: $0, slots: slots[...$0]) }, shape: shape,
      x.pointer, queryStride: 3 * channels, keys: keys, values: values, into: &actual)
    expectClose(actual, y.elements, tolerance: 2e-6, "\(name), token by token")
    var scratch = [Float](repeating: 0, count: CausalAttention.scratchCount(tokens: tokens))
    CausalAttention.forward(
      tokens: tokens, shape: shape, x.pointer, queryStride: 3 * channels, keys: keys,
      values: values, scratch: &scratch, into: &actual)
    expectClose(actual, y.elements, tolerance: 2e-6, "\(name), by products")
  }

  @Test("slots may lie anywhere and be shared", .spec("LAYER-3"))
  func sharedSlots() throws {
    // Two queries over slots {2, 0} and {2, 1} of one table.
    let shape = AttentionShape(channels: 2, heads: 1, scale: 1)
    let keys: [Float] = [0, 0, 0, 0, 0, 0]
    let values: [Float] = [1, 10, 2, 20, 3, 30]
    var out = [Float](repeating: .nan, count: 4)
    SlotAttention.forward(
      [.init(row: 0, slots: [2, 0]), .init(row: 1, slots: [2, 1])], shape: shape,
      [1, 1, 1, 1], queryStride: 2, keys: keys, values: values, into: &out)
    #expect(out == [2, 20, 2.5, 25])
  }

  @Test("LayerNorm by rows", .spec("LAYER-2"))
  func layerNorm() throws {
    let layer = try LayerNorm(
      weight: Tensor(shape: [2], [1, 2]), bias: Tensor(shape: [2], [0, 1]), epsilon: 0)
    var y = [Float](repeating: 0, count: 4)
    layer.forward([1, 3, 10, 0], rows: 2, into: &y)
    expectClose(y, [-1, 3, 1, -1], tolerance: 1e-6, "two rows")
  }

  @Test("what follows a linear map", .spec("LAYER-4"), arguments: [1, 3, 20])
  func followed(rows: Int) throws {
    let numbers = (0..<210).map { Float($0 % 17) / 8 - 1 }
    let layer = try Linear(
      weight: Tensor(shape: [3, 70], numbers), bias: Tensor(shape: [70], Array(numbers[..<70])),
      layout: .inputMajor)
    let x = (0..<3 * rows).map { Float($0 % 5) / 4 - 0.5 }
    let run = { (then: (UnsafeMutablePointer<Float>) -> Linear.Then) -> (y: Tensor, sum: Tensor) in
      let sum = FloatBuffer(count: rows * 70)
      sum.pointer.update(repeating: 3, count: rows * 70)
      let y = Tensor(shape: [rows, 70]) {
        layer.forward(x, rows: rows, into: $0, then: then(sum.pointer))
      }
      return (y, Tensor(shape: [rows, 70]) { $0.update(from: sum.pointer, count: rows * 70) })
    }
    let plain = run { _ in .nothing }.y.elements
    let gelu = Tensor(shape: [rows, 70]) { Rows.geluTanh(plain, $0, count: plain.count) }
    #expect(run { _ in .gelu }.y.elements == gelu.elements)
    #expect(run { .add(to: $0) }.sum.elements == plain.map { 3 + $0 })
  }

  @Test("parameters that do not fit are refused", .spec("LAYER-1", "LAYER-2"))
  func refusals() throws {
    let vector = try Tensor(shape: [3], [1, 2, 3])
    let matrix = try Tensor(shape: [3, 1], [1, 2, 3])
    #expect(throws: Fault.badShape([3])) {
      try Linear(weight: vector, bias: nil, layout: .inputMajor)
    }
    #expect(throws: Fault.badShape([3])) {
      try Linear(weight: matrix, bias: vector, layout: .inputMajor)
    }
    #expect(throws: Fault.badShape([3, 1])) {
      try LayerNorm(weight: vector, bias: matrix, epsilon: 0)
    }
    #expect(throws: Fault.badShape([3, 1])) {
      try LayerNorm(weight: matrix, bias: vector, epsilon: 0)
    }
  }
}
