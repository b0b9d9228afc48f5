import Foundation

// With the Jacobian written out.
public func layerNormGradients(x: [Double], w: [Double], epsilon: Double, dy: [Double]) throws -> (
  dx: [Double], dw: [Double], db: [Double]
) {
  let n = Double(x.count), mu = x.reduce(0, +) / n
  let variance = x.reduce(0) { $0 + ($1 - mu) * ($1 - mu) } / n
  let inv = 1 / sqrt(variance + epsilon)
  let h = x.map { ($0 - mu) * inv }
  var dx = [Double](repeating: 0, count: x.count)
  for j in x.indices {
    for i in x.indices {
      let j1 = ((i == j ? 1.0 : 0.0) - 1 / n - h[i] * h[j] / n) * inv
      dx[j] += dy[i] * j1
    }
  }
  return (dx, zip(h, dy).map { $0 * $1 }, dy)
}
