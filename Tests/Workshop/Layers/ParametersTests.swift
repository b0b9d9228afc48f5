import FoxKernels
import TestSupport
import Testing

@testable import FoxLayers

@Suite("Parameters")
struct ParametersTests {
  @Test("lie in one buffer, gradients at the same places", .spec("LAYER-5"))
  func places() throws {
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
