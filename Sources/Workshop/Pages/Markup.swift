import Foundation

/// HTML that is safe to insert into a page: what is written in the source is markup, what is
/// interpolated is text.
///
///     let cell: Markup = "<td>\(token.text)</td>"   // <td>&lt;script&gt;</td>
///
/// There is no way from a `String` that came from outside to markup except through escaping. SPEC
/// `REP-2`.
package struct Markup: Equatable, Sendable, ExpressibleByStringInterpolation {
  /// The characters of the page.
  package let html: String

  package init(html: String) { self.html = html }

  /// Markup as it stands in the source.
  package init(stringLiteral value: StaticString) {
    html = "\(value)"
  }

  /// Markup with holes.
  package init(stringInterpolation: Interpolation) { html = stringInterpolation.html }

  /// Text, escaped.
  package init(text: String) { html = Markup.escaped(text) }

  /// Pieces of markup, one after the other.
  package init(pieces: [Markup]) { html = pieces.map(\.html).joined() }

  /// A JSON document for the inside of a `script` element: no `<`, so that nothing closes the
  /// element, and no line separators, which older scripts do not allow.
  package init(json: String) {
    html = json.replacingOccurrences(of: "<", with: "\\u003C")
      .replacingOccurrences(of: ">", with: "\\u003E")
      .replacingOccurrences(of: "&", with: "\\u0026")
      .replacingOccurrences(of: "\u{2028}", with: "\\u2028")
      .replacingOccurrences(of: "\u{2029}", with: "\\u2029")
  }

  /// Nothing.
  package static let empty = Markup(html: "")

  /// One after the other.
  package static func + (a: Markup, b: Markup) -> Markup { Markup(html: a.html + b.html) }

  /// Text for element contents and for attributes in quotes. Control characters, which HTML forbids,
  /// show as pictures.
  package static func escaped(_ text: String) -> String {
    var html = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": html.append(contentsOf: "&amp;".unicodeScalars)
      case "<": html.append(contentsOf: "&lt;".unicodeScalars)
      case ">": html.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": html.append(contentsOf: "&quot;".unicodeScalars)
      case "'": html.append(contentsOf: "&#39;".unicodeScalars)
      case "\n", "\t": html.append(scalar)
      case "\u{0}"..<" ": html.append(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}")
      case "\u{7F}": html.append("\u{2421}")
      // Controls, and marks that turn the direction of what follows.
      case "\u{80}"..<"\u{A0}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}":
        html.append("\u{FFFD}")
      default: html.append(scalar)
      }
    }
    return String(html)
  }
}

extension Markup {
  /// What is between the literal parts: text is escaped, markup and numbers are not.
  package struct Interpolation: StringInterpolationProtocol {
    var html = ""

    /// Room for the literal parts.
    package init(literalCapacity: Int, interpolationCount: Int) {
      html.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }

    /// Markup of the source.
    package mutating func appendLiteral(_ literal: StaticString) { html += "\(literal)" }

    /// Text from anywhere.
    package mutating func appendInterpolation(_ text: String) { html += Markup.escaped(text) }

    /// A number.
    package mutating func appendInterpolation(_ number: Int) { html += String(number) }

    /// Markup.
    package mutating func appendInterpolation(_ markup: Markup) { html += markup.html }

    /// Pieces of markup, one after the other.
    package mutating func appendInterpolation(_ pieces: [Markup]) {
      for piece in pieces { html += piece.html }
    }

    /// Markup, if there is any.
    package mutating func appendInterpolation(_ markup: Markup?) { html += markup?.html ?? "" }
  }
}
