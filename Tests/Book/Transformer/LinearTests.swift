import FoxDecoding
import FoxModels
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTransformer

@Suite("Linear maps", .counted)
struct LinearTests {
  static func cases() throws -> [String] {
    let names = try GoldenTensors("layers/layers.safetensors").cases.filter {
      $0.hasPrefix("linear/") || $0.hasPrefix("conv1d/")
    }
    try #require(!names.isEmpty)
    return names
  }

  @Test(arguments: Computing.allCases)
  func `LAYER-1 LAYER-6 by hand, forwards and backwards`(computing: Computing) throws {
    // x = [1 2], W = [3 4 5; 6 7 8], b = [1 0 1], dy = [1 0 2].
    let parameters = try Parameters([("w", [2, 3]), ("b", [3])])
    for (i, number) in [3, 4, 5, 6, 7, 8, 1, 0, 1].enumerated() {
      parameters.values.pointer[i] = Float(number)
    }
    let layer = try Linear(
      Weight(parameters.view("w")), bias: parameters.view("b"), isTransposed: false)
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let (x, dy) = (arena.matrix([1, 2], columns: 2), arena.matrix([1, 0, 2], columns: 3))
    let dx = arena.matrix(1, 2)
    computing {
      #expect(layer.forward(x, arena).elements == [16, 18, 22])
      layer.backward(dy, x: x, into: dx, parameters)
    }
    #expect(dx.elements == [13, 22])  // dy Wᵀ
    #expect(try parameters.gradient("w") == [1, 0, 2, 2, 0, 4])  // xᵀ dy
    #expect(try parameters.gradient("b") == [1, 0, 2])
  }

  @Test(arguments: Computing.allCases, try cases())
  func `LAYER-1 outputs of the reference, in both layouts`(computing: Computing, name: String)
    throws
  {
    let golden = try GoldenTensors("layers/layers.safetensors")
    let layer = try Linear(
      Weight(golden["\(name).weight"]), bias: golden["\(name).bias"],
      isTransposed: !name.hasPrefix("conv1d"))
    let (arena, x, y) = (Arena(), try golden["\(name).x"], try golden["\(name).y"])
    defer { withExtendedLifetime(arena) {} }
    let actual = computing { layer.forward(arena.matrix(x), arena).elements }
    #expect(layer.inputs == x.shape[1] && layer.outputs == y.shape[1])
    expectClose(actual, y.elements, tolerance: Bound.of("LAYER-1"), name)
  }

  @Test(
    arguments: Computing.allCases, try GradientCase.names("linear") + GradientCase.names("conv1d"))
  func `LAYER-6 gradients of the reference, in both layouts`(computing: Computing, name: String)
    throws
  {
    let golden = try GradientCase(name)
    let parameters = try golden.parameters("weight", "bias")
    let layer = try Linear(
      Weight(parameters.view("weight")), bias: parameters.view("bias"),
      isTransposed: !name.hasPrefix("conv1d"))
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let (x, dy) = (arena.matrix(try golden["x"]), arena.matrix(try golden["dy"]))
    let dx = arena.matrix(x.rows, x.columns)
    computing { layer.backward(dy, x: x, into: dx, parameters) }
    // Sums of up to 130 products of numbers around 1; the reference differs from itself by 1.1e-5.
    try golden.expectClose(dx.elements, "dx", tolerance: 4e-5)
    try golden.expectClose(parameters.gradient("weight"), "dweight", tolerance: 4e-5)
    try golden.expectClose(parameters.gradient("bias"), "dbias", tolerance: 4e-5)
    computing {
      layer.backward(dy, x: x, into: dx, adding: true, parameters)
      layer.backward(dy, x: x, into: arena.matrix(x.rows, x.columns), parameters)
    }
    expectClose(
      dx.elements, try golden["dx"].elements.map { 2 * $0 }, tolerance: 8e-5, "the sum of dx")
    expectClose(
      try parameters.gradient("bias"), try golden["dbias"].elements.map { 3 * $0 },
      tolerance: 12e-5, "gradients add up")
  }

  @Test
  func `LAYER-1 LAYER-2 parameters that do not fit are refused`() throws {
    let vector = try Tensor(shape: [3], [1, 2, 3])
    let matrix = try Tensor(shape: [3, 1], [1, 2, 3])
    func found(_ body: () throws -> Void) -> String? {
      #expect(throws: Fault.self) { try body() }?.found
    }
    #expect(found { _ = try Linear(Weight(vector), bias: nil, isTransposed: false) } == "[3]")
    #expect(found { _ = try Linear(Weight(matrix), bias: vector, isTransposed: false) } == "[3]")
    #expect(found { _ = try LayerNorm(weight: vector, bias: matrix, epsilon: 0) } == "[3, 1]")
    #expect(found { _ = try LayerNorm(weight: matrix, bias: vector, epsilon: 0) } == "[3, 1]")
  }

  @Test
  func `LAYER-13 BF16 weights and strangers have no gradient, and it is said`() async {
    await #expect(processExitsWith: .failure) {
      let parameters = try Parameters([("w", [2, 2])])
      _ = parameters.gradient(of: Weight(rounding: try Tensor(shape: [2, 2], [1, 2, 3, 4])))
    }
    await #expect(processExitsWith: .failure) {
      let parameters = try Parameters([("w", [2, 2])])
      let stranger = FloatBuffer(count: 1 << 20)
      _ = parameters.gradient(of: stranger.pointer + (1 << 19))
    }
  }
}

@Suite("Embeddings, the loss and dropout", .counted)
struct SmallLayerTests {
  @Test(arguments: Computing.allCases)
  func `LAYER-6 rows are looked up, and gradients go back to them`(computing: Computing) throws {
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let table = Weight(try Tensor(shape: [3, 2], [1, 2, 3, 4, 5, 6]))
    let x = arena.matrix(2, 2)
    computing { Embedding.forward([(table, [2, 0]), (table, [1, 1])], into: x) }
    #expect(x.elements == [8, 10, 4, 6])

    let golden = try GradientCase("embedding/11x7")
    let (ids, dy) = (try golden.integers("ids").map { Int32($0) }, arena.matrix(try golden["dy"]))
    let (gradient, skipped) = (arena.matrix(11, 7), arena.matrix(11, 7))
    gradient.fill(0)
    skipped.fill(0)
    computing {
      Embedding.backward(ids, dy, addingTo: gradient)
      Embedding.backward(ids, dy, addingTo: skipped, skipping: 3)
    }
    try golden.expectClose(gradient.elements, "dweight", tolerance: 1e-6)
    gradient[rows: 3..<4].fill(0)
    #expect(skipped.elements == gradient.elements)
  }

  @Test(arguments: Computing.allCases, try GradientCase.names("entropy"))
  func `LAYER-9 losses and gradients of the reference`(computing: Computing, name: String) throws {
    let golden = try GradientCase(name)
    let parameters = try golden.parameters("weight")
    let head = try Linear(Weight(parameters.view("weight")), bias: nil, isTransposed: true)
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let (x, labels) = (
      arena.matrix(try golden["x"]), try golden.integers("labels").map { Int32($0) }
    )
    var ids = [Int32](repeating: -1, count: labels.count)
    let loss = computing {
      CrossEntropy.loss(x, labels: labels, head: head, nil, arena) { rows, logits in
        for (r, row) in rows.enumerated() {
          ids[row] = Int32(Plain.largest(logits.row(r), logits.columns))
        }
      }
    }
    try golden.expectClose([loss], "y", tolerance: 1e-6)
    expectSame(ids.map { Int($0) }, try golden.integers("argmax"), "\(name).argmax")
    let dx = arena.matrix(x.rows, x.columns)
    let again = computing {
      CrossEntropy.loss(x, labels: labels, head: head, (0.5, dx, parameters), arena)
    }
    #expect(again == loss)
    try golden.expectClose(dx.elements.map { 2 * $0 }, "dx", tolerance: 1e-6)
    try golden.expectClose(
      parameters.gradient("weight").map { 2 * $0 }, "dweight", tolerance: 1e-6)
  }

  @Test(.plain)
  func `LAYER-9 a batch without labels has no mean`() throws {
    let head = try Linear(
      Weight(Tensor(shape: [3, 2], [1, 2, 3, 4, 5, 6])), bias: nil, isTransposed: true)
    let arena = Arena()
    let x = arena.matrix([1, 1, 1, 1], columns: 2)
    #expect(CrossEntropy.loss(x, labels: [-100, -100], head: head, nil, arena).isNaN)
  }

  @Test
  func `LAYER-7 nothing is drawn outside training and for probability 0`() {
    let arena = Arena()
    var generator: TorchGenerator? = TorchGenerator(seed: 1)
    let region = Region(all: 100)
    #expect(Dropout.draw(region, dropping: 0, from: &generator, arena) == nil)
    #expect(generator?.drawn == 0)
    var none: TorchGenerator?
    #expect(Dropout.draw(region, dropping: 0.5, from: &none, arena) == nil)
    #expect(Dropout.draw(region, dropping: 0.5, from: &generator, arena) != nil)
    #expect(generator?.drawn == 200)
  }
}
