import FoxReport

enum ColorMode: String, ExpressibleByArgument, CaseIterable {
  /// On a terminal, unless NO_COLOR is set or TERM is "dumb".
  case auto
  case always
  case never

  /// Whether standard output is coloured.
  var isOn: Bool {
    let environment = ProcessInfo.processInfo.environment
    switch self {
    case .always: return true
    case .never: return false
    case .auto:
      return isatty(STDOUT_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty
        && environment["TERM"] != "dumb"
    }
  }
}

extension TokenColors {
  /// The token in bold black on the colour of its probability, for a terminal.
  static func paint(_ token: String, _ probability: Float) -> String {
    let color = color(probability)
    return "\u{1B}[1;38;2;0;0;0;48;2;\(color.red);\(color.green);\(color.blue)m\(token)\u{1B}[0m"
  }
}
