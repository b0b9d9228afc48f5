import Foundation

/// The colors of the homework's `print_with_probs`: red for improbable tokens, over yellow, to blue
/// for probable ones (`CLI-6`).
///
/// ColorBrewer's RdYlBu, as matplotlib makes 256 colors of its 11 and the homework takes samples 5
/// to 44 of 50. (The bounds are cut off in the homework's print: an assumption.)
package enum TokenColors {
  /// A color of eight bits a channel.
  package struct RGB: Equatable, Sendable {
    package let red: Int
    package let green: Int
    package let blue: Int
  }

  /// The 40 colors, of the lowest probability to the highest.
  package static let scale: [RGB] = (5..<45).map { sample in
    // numpy.linspace(0, 1, 50), then matplotlib's table of 256 entries.
    let entry = min(Int(Double(sample) / 49 * 256), 255)
    let place = Double(entry) / 255 * Double(anchors.count - 1)
    let lower = min(Int(place), anchors.count - 2)
    let mixed = zip(anchors[lower], anchors[lower + 1]).map { low, high in
      Int((Double(low) + (place - Double(lower)) * Double(high - low)))
    }
    return RGB(red: mixed[0], green: mixed[1], blue: mixed[2])
  }

  /// The color of a probability. The homework's index is out of range at p = 1; it is clamped.
  package static func color(_ probability: Float) -> RGB {
    let index = probability.isNaN ? 0 : Int(min(max(probability, 0), 1) * Float(scale.count))
    return scale[min(index, scale.count - 1)]
  }

  /// RdYlBu of 11 classes (Brewer, Harrower and others, ColorBrewer 2.0).
  private static let anchors = [
    [165, 0, 38], [215, 48, 39], [244, 109, 67], [253, 174, 97], [254, 224, 144], [255, 255, 191],
    [224, 243, 248], [171, 217, 233], [116, 173, 209], [69, 117, 180], [49, 54, 149],
  ]
}

extension TokenColors.RGB {
  /// As style sheets write it: `#d73027`.
  var hex: String { String(format: "#%02x%02x%02x", red, green, blue) }

  /// Black or white, whichever is easier to read on this color: at least 4.5 to 1.
  var ink: String { contrast(with: 0) >= contrast(with: 1) ? "#000" : "#fff" }

  /// Contrast with a grey of this luminance, as WCAG 2 defines it.
  func contrast(with other: Double) -> Double {
    let (lighter, darker) = (max(luminance, other), min(luminance, other))
    return (lighter + 0.05) / (darker + 0.05)
  }

  private var luminance: Double {
    func linear(_ channel: Int) -> Double {
      let share = Double(channel) / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }
}
