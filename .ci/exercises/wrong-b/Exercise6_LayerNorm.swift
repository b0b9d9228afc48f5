import Foundation

public func layerNormGradients(
  x: [Double], w: [Double], epsilon: Double, dy: [Double]
) throws -> (dx: [Double], dw: [Double], db: [Double]) {
  let c = Double(x.count)
  let mean = x.reduce(0, +) / c
  let variance = x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / c
  let sigma = sqrt(variance + epsilon)
  let hat = x.map { ($0 - mean) / sigma }
  let g = zip(dy, w).map(*)
  let (a, b) = (g.reduce(0, +) / c, zip(g, hat).map(*).reduce(0, +) / c)
  return (x.indices.map { (g[$0] - a) / (sigma + 0 * b) }, zip(dy, hat).map(*), dy)
}
