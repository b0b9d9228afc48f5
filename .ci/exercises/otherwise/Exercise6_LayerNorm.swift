import Foundation

public func layerNormGradients(
  x: [Double], w: [Double], epsilon: Double, dy: [Double]
) throws -> (dx: [Double], dw: [Double], db: [Double]) {
  // The whole Jacobian, number by number.
  let n = x.count
  let mean = x.reduce(0, +) / Double(n)
  let variance = x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(n)
  let r = 1 / sqrt(variance + epsilon)
  var dx = [Double](repeating: 0, count: n)
  for i in 0..<n {
    for j in 0..<n {
      let own = i == j ? 1.0 : 0.0
      let slope = (own - 1 / Double(n)) * r - (x[i] - mean) * (x[j] - mean) * r * r * r / Double(n)
      dx[j] += dy[i] * w[i] * slope
    }
  }
  return (dx, (0..<n).map { dy[$0] * (x[$0] - mean) * r }, dy)
}
