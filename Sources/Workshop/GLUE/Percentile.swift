// Who imports metrics has the chapter that they grew out of.
@_exported public import FoxMetrics

extension NumPy {
  /// `np.percentile(values, percent)`, interpolated linearly; NaN of nothing.
  static func percentile(_ sorted: [Double], _ percent: Double) -> Double {
    guard let last = sorted.indices.last else { return .nan }
    let place = percent / 100 * Double(last)
    let below = min(max(Int(place.rounded(.down)), 0), last)
    let above = min(below + 1, last)
    let (share, step) = (place - Double(below), sorted[above] - sorted[below])
    return share >= 0.5 ? sorted[above] - step * (1 - share) : sorted[below] + step * share
  }
}
