import Foundation

/// Why there is no report.
public enum ReportError: Error, Equatable, Sendable {
  /// Nothing was computed and nothing was given.
  case noResults
  /// The page would be larger than a page may be.
  case tooLarge(bytes: Int, limit: Int)
  /// A template of this package is wrong: an internal error.
  case template(name: String, problem: String)
}

extension ReportError: CustomStringConvertible, LocalizedError {
  /// What happened, and what to do.
  public var description: String {
    switch self {
    case .noResults: "there are no results to report; give --results FILE"
    case .tooLarge(let bytes, let limit):
      "the page would have \(bytes) bytes, \(limit) are allowed; report fewer or shorter searches"
    case .template(let name, let problem): "the template \(name) is wrong: \(problem)"
    }
  }

  /// The same sentence, which Foundation's `localizedDescription` asks for.
  public var errorDescription: String? { description }
}

extension ReportError {
  /// Whether the user can do something about it.
  public var isAboutInput: Bool {
    if case .template = self { return false }
    return true
  }
}
