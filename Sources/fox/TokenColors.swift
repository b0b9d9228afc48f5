import ArgumentParser
import Foundation

/// When to colour.
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

/// The colours of the homework's `print_with_probs`: red for improbable tokens, over yellow, to blue
/// for probable ones (`CLI-6`).
///
/// ColorBrewer's RdYlBu, as matplotlib makes 256 colours of its 11 and the homework takes samples 5
/// to 44 of 50. (The bounds are cut off in the homework's print: an assumption.)
enum TokenColors {
  struct RGB: Equatable {
    let red: Int
    let green: Int
    let blue: Int
  }

  /// The 40 colours, of the lowest probability to the highest.
  static let scale: [RGB] = (5..<45).map { sample in
    // numpy.linspace(0, 1, 50), then matplotlib's table of 256 entries.
    let entry = min(Int(Double(sample) / 49 * 256), 255)
    let place = Double(entry) / 255 * Double(anchors.count - 1)
    let lower = min(Int(place), anchors.count - 2)
    let mixed = zip(anchors[lower], anchors[lower + 1]).map { low, high in
      Int((Double(low) + (place - Double(lower)) * Double(high - low)))
    }
    return RGB(red: mixed[0], green: mixed[1], blue: mixed[2])
  }

  /// The colour of a probability. The homework's index is out of range at p = 1; it is clamped.
  static func color(_ probability: Float) -> RGB {
    let index = probability.isNaN ? 0 : Int(min(max(probability, 0), 1) * Float(scale.count))
    return scale[min(index, scale.count - 1)]
  }

  /// The token in bold black on the colour of its probability, for a terminal.
  static func paint(_ token: String, _ probability: Float) -> String {
    let color = color(probability)
    return "\u{1B}[1;38;2;0;0;0;48;2;\(color.red);\(color.green);\(color.blue)m\(token)\u{1B}[0m"
  }

  /// RdYlBu of 11 classes (Brewer, Harrower and others, ColorBrewer 2.0).
  private static let anchors = [
    [165, 0, 38], [215, 48, 39], [244, 109, 67], [253, 174, 97], [254, 224, 144], [255, 255, 191],
    [224, 243, 248], [171, 217, 233], [116, 173, 209], [69, 117, 180], [49, 54, 149],
  ]
}
