/// The page's parts, compiled in as bytes: an installed program needs no files beside it.
enum Resources {
  static let style = text(PackageResources.style_css)
  static let script = text(PackageResources.script_js)

  /// The whole document.
  static func page() throws(ReportError) -> Template {
    try Template(name: "page.html", text(PackageResources.page_html))
  }

  /// One question with its code, results and answer.
  static func question() throws(ReportError) -> Template {
    try Template(name: "question.html", text(PackageResources.question_html))
  }

  /// The search, step by step.
  static func explorer() throws(ReportError) -> Template {
    try Template(name: "explorer.html", text(PackageResources.explorer_html))
  }

  /// The attention of a layer and head.
  static func attention() throws(ReportError) -> Template {
    try Template(name: "attention.html", text(PackageResources.attention_html))
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
