/// A page with holes, in the manner of Mustache.
///
/// `{{name}}` is replaced by a value: text is escaped, ``Markup`` is not. `{{#name}}…{{/name}}` is
/// there once for each item of a list, and once or not at all for a flag; `{{^name}}…{{/name}}` is
/// there when the list is empty or the flag is off. Names within an item are looked for in the item,
/// then around it. A hole without a value is an error, not an empty place. SPEC `REP-3`.
struct Template: Sendable {
  /// What fills a hole.
  enum Value {
    case text(String)
    case markup(Markup)
    case flag(Bool)
    case list([[String: Value]])
  }

  private indirect enum Part {
    case literal(String)
    case hole(String)
    case section(String, isInverted: Bool, [Part])
  }

  private let name: String
  private let parts: [Part]

  /// Reads a template.
  ///
  /// - Throws: ``ReportError/template(name:problem:)`` for a tag that is not closed.
  init(name: String, _ source: String) throws(ReportError) {
    self.name = name
    var rest = source[...]
    parts = try Self.parse(&rest, until: nil, in: name)
  }

  /// The page.
  ///
  /// - Throws: ``ReportError/template(name:problem:)`` for a hole without a value.
  func render(_ values: [String: Value]) throws(ReportError) -> Markup {
    var html = ""
    try write(parts, [values], to: &html)
    return Markup(html: html)
  }
}

extension Template {
  private static func parse(
    _ rest: inout Substring, until section: String?, in name: String
  ) throws(ReportError) -> [Part] {
    var parts: [Part] = []
    while let open = rest.firstRange(of: "{{") {
      parts.append(.literal(String(rest[..<open.lowerBound])))
      guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
        throw .template(name: name, problem: "{{ without }}")
      }
      let tag = rest[open.upperBound..<close.lowerBound]
      rest = rest[close.upperBound...]
      let key = String(tag.dropFirst())
      switch tag.first {
      case "#", "^":
        let inner = try parse(&rest, until: key, in: name)
        parts.append(.section(key, isInverted: tag.first == "^", inner))
      case "/":
        if key == section { return parts }
        throw .template(name: name, problem: "{{/\(key)}} closes nothing")
      default: parts.append(.hole(String(tag)))
      }
    }
    if let section { throw .template(name: name, problem: "{{#\(section)}} is not closed") }
    return parts + [.literal(String(rest))]
  }

  private func write(
    _ parts: [Part], _ scopes: [[String: Value]], to html: inout String
  ) throws(ReportError) {
    for part in parts {
      switch part {
      case .literal(let text): html += text
      case .hole(let key):
        switch try value(key, scopes) {
        case .text(let text): html += Markup.escaped(text)
        case .markup(let markup): html += markup.html
        default: throw .template(name: name, problem: "{{\(key)}} is a section")
        }
      case .section(let key, let isInverted, let inner):
        try write(inner, repeating: value(key, scopes), key, isInverted, scopes, to: &html)
      }
    }
  }

  private func write(
    _ inner: [Part], repeating value: Value, _ key: String, _ isInverted: Bool,
    _ scopes: [[String: Value]], to html: inout String
  ) throws(ReportError) {
    switch value {
    case .flag(let isOn):
      if isOn != isInverted { try write(inner, scopes, to: &html) }
    case .list(let items) where isInverted:
      if items.isEmpty { try write(inner, scopes, to: &html) }
    case .list(let items):
      for item in items { try write(inner, [item] + scopes, to: &html) }
    default: throw .template(name: name, problem: "{{#\(key)}} is no section")
    }
  }

  private func value(_ key: String, _ scopes: [[String: Value]]) throws(ReportError) -> Value {
    for scope in scopes {
      if let value = scope[key] { return value }
    }
    throw .template(name: name, problem: "{{\(key)}} has no value")
  }
}
