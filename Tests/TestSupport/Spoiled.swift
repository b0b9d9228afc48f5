import Foundation
import FoxKernels
import FoxNumbers

/// Kernels that are wrong by a thousandth, so that a test can see that the others notice.
///
/// A test starts this very program again with the operation's name in `FOX_TEST_SPOILED`. Only the table of
/// that process is changed, and only the tests know of it: no program of the package reads the variable.
package enum Spoiled: String, CaseIterable, Sendable {
  case layerNorm, gelu, softmax

  /// The variable that names one.
  package static let variable = "FOX_TEST_SPOILED"

  /// Changes the table of kernels, before anybody computes with it.
  static func installIfAsked() {
    let name = ProcessInfo.processInfo.environment[variable] ?? ""
    guard let operation = Spoiled(rawValue: name) else { return }
    let table = Kernels.table
    switch operation {
    case .layerNorm:
      let right = table.layerNorm
      table.layerNorm = {
        right($0, $1, $2, $3, $4, $5)
        spoil($4)
      }
    case .gelu:
      let right = table.gelu
      table.gelu = {
        right($0, $1, $2)
        spoil($2)
      }
    case .softmax:
      let right = table.softmax
      table.softmax = {
        right($0, $1)
        spoil($0)
      }
    }
  }

  /// One number of a result, a thousandth too large.
  private static func spoil(_ y: Matrix) {
    if y.rows > 0, y.columns > 0 { y[y.rows - 1][0] += 1e-3 }
  }
}
