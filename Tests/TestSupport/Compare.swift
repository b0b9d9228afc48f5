import Foundation
import Testing

/// Compares numbers with what the reference computed; on failure names the first place that
/// differs, the greatest difference and where it is.
///
/// - Parameters:
///   - actual: What this package computed.
///   - golden: What the reference computed.
///   - tolerance: The greatest |Δ| that passes. Infinities must be equal.
///   - what: What is compared, in the failure's words.
/// - Returns: Whether they agree.
@discardableResult
package func expectClose(
  _ actual: [Float], _ golden: [Float], tolerance: Float, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Bool {
  guard actual.count == golden.count else {
    Issue.record(
      "\(what): \(actual.count) values, the golden has \(golden.count)",
      sourceLocation: sourceLocation)
    return false
  }
  var first: Int?
  var worst = (index: 0, delta: Float(0))
  var failures = 0
  var greatest = Float(0)
  var place = 0
  defer {
    noteDifference(
      Double(greatest), bound: Double(tolerance), what, of: actual.count,
      actual.isEmpty ? nil : (Double(actual[place]), Double(golden[place])),
      sourceLocation: sourceLocation)
  }
  for index in actual.indices where actual[index] != golden[index] {
    let delta = abs(actual[index] - golden[index])
    if !(delta <= greatest) { (greatest, place) = (delta, index) }
    if delta <= tolerance { continue }
    failures += 1
    if first == nil { first = index }
    // NaN compares false both ways and is as bad as it gets.
    if !(delta <= worst.delta) { worst = (index, delta) }
  }
  guard let first else { return true }
  Issue.record(
    """
    \(what): \(failures) of \(actual.count) values differ by more than \(tolerance)
      first at \(first): \(actual[first]), the golden has \(golden[first])
      greatest |Δ| \(worst.delta) at \(worst.index): \(actual[worst.index]), \
    the golden has \(golden[worst.index])
    """, sourceLocation: sourceLocation)
  return false
}

/// Expects a difference to the reference, however it was measured, to be within a bound.
///
/// - Parameters:
///   - delta: What was measured: a relative difference, the norm of one, a loss less another.
///   - bound: The greatest that passes.
///   - what: What is compared, in the failure's words.
@discardableResult
package func expectWithin(
  _ delta: Double, _ bound: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Bool {
  noteDifference(delta, bound: bound, what, sourceLocation: sourceLocation)
  if delta <= bound { return true }
  Issue.record("\(what): off by \(delta), allowed is \(bound)", sourceLocation: sourceLocation)
  return false
}

/// Notes a difference for the table at the end of the run and for the pages of the book, without judging
/// it.
///
/// - Parameters:
///   - what: What was compared.
///   - count: Of how many numbers it is the greatest.
///   - values: Ours and the reference's at that place.
package func noteDifference(
  _ delta: Double, bound: Double, _ what: String = "", of count: Int = 1,
  _ values: (ours: Double, reference: Double)? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  Ledger.shared.compared(delta, bound: bound, fileID: sourceLocation.fileID)
  Evidence.shared.add(delta, bound: bound, what, of: count, values, sourceLocation)
}

/// Compares two sequences; on failure names the first place that differs.
@discardableResult
package func expectSame<Element: Equatable>(
  _ actual: [Element], _ golden: [Element], _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Bool {
  if actual == golden { return true }
  let index = zip(actual, golden).prefix { $0 == $1 }.reduce(0) { count, _ in count + 1 }
  func show(_ values: [Element]) -> String {
    index < values.count ? String(describing: values[index]) : "nothing"
  }
  Issue.record(
    """
    \(what): differs first at \(index): \(show(actual)), the golden has \(show(golden)) \
    (\(actual.count) and \(golden.count) elements)
    """, sourceLocation: sourceLocation)
  return false
}
