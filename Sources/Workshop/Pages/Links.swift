import Foundation
import FoxContract

/// Where everything is. All pages lie in one folder, so that an address is a name.
package struct Links {
  private let clauses: Set<String>
  /// By path of a source below the package: the page.
  private let files: [String: String]
  /// By name, with and without its type: the page and line of a declaration.
  private let symbols: [String: String]
  private let recorded: Set<String>

  init(_ contract: Contract, _ chapters: [Chapter], goldens: Set<String>) {
    clauses = Set(contract.clauses.map(\.id))
    var (files, symbols): ([String: String], [String: String]) = ([:], [:])
    for file in chapters.flatMap(\.files) {
      let page = Self.page(file: file.path)
      files[file.path] = page
      files[String(file.path.split(separator: "/").last ?? "")] = page
      for symbol in file.symbols {
        symbols[symbol.name] = symbols[symbol.name] ?? file.address(ofLine: symbol.line)
      }
    }
    (self.files, self.symbols, recorded) = (files, symbols, goldens)
  }

  func clause(_ id: String) -> String { "clause-\(id).html" }
  func golden(_ path: String) -> String {
    "golden-\(path.replacing("Golden/", with: "").replacing("/", with: "-")).html"
  }
  func recorder(_ path: String) -> String {
    "recorder-\(path.split(separator: "/").last.map(String.init) ?? path).html"
  }
  func question(_ id: String) -> String? {
    let page = Self.page(question: id)
    return files.values.contains(page) ? page : nil
  }

  /// `Q1.3` → `Homework-Q1_3.html`
  package static func page(question id: String) -> String {
    "Homework-\(id.replacing(".", with: "_")).html"
  }

  /// The page of a question in the executed report: `report.html`, `Q1.3` → `report-q1-3.html`.
  package static func report(_ name: String, question: String) -> String {
    let stem = name.hasSuffix(".html") ? String(name.dropLast(5)) : name
    return "\(stem)-\(question.lowercased().replacing(".", with: "-")).html"
  }

  /// `Sources/Book/Decoding/BeamSearch.swift` → `Decoding-BeamSearch.html`
  static func page(file: String) -> String {
    file.split(separator: "/").suffix(2).joined(separator: "-").replacing(".swift", with: ".html")
  }

  /// The page of a source file, if it has one.
  func file(_ path: String) -> String? { files[path] }

  /// Where a word of a comment leads.
  func target(_ word: String) -> String? {
    if clauses.contains(word) { return clause(word) }
    if let page = files[word] ?? files[word + ".swift"] { return page }
    if recorded.contains(word) { return golden(word) }
    if recorded.contains("Golden/" + word) { return golden("Golden/" + word) }
    // `top(_:)` → `top`; `Plain/softmax(_:_:)` → `Plain.softmax`
    let name = String(word.prefix { $0 != "(" }).replacing("/", with: ".")
    return symbols[name]
  }

  var prose: Prose { Prose(target: target) }
}

/// A chapter, as the pages show it.
package struct Chapter: Sendable {
  package let name: String
  package let files: [SourceFile]
}
