import Foundation
import FoxContract

extension Site {
  /// A whole page around its contents.
  ///
  /// - Parameter trail: What leads to this page, the contents first: title and address.
  func page(_ title: String, trail: [(String, String)] = [], kind: String, _ body: Markup) -> Markup
  {
    let steps = [("Contents", "index.html")] + trail
    let crumbs = Markup(pieces: steps.map { "<li><a href=\"\($0.1)\">\($0.0)</a></li>" })
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title) · BrownFox</title>
      <link rel="icon" href="data:,">
      <link rel="stylesheet" href="style.css">
      <script src="script.js" defer></script>
      </head>
      <body class="\(kind)">
      <a class="skip" href="#main">To the text</a>
      <header><nav aria-label="Where you are"><ol>\(crumbs)</ol></nav>\
      <nav aria-label="Indexes"><ol><li><a href="clauses.html">Clauses</a></li>\
      <li><a href="symbols.html">Symbols</a></li><li><a href="papers.html">Papers</a></li>\
      <li><a href="live.html">Try it</a></li></ol></nav>\
      <button type="button" id="theme" hidden>Dark</button></header>
      <main id="main" tabindex="-1">
      <h1>\(title)</h1>
      \(body)
      </main>
      <footer><p>\(summary)</p></footer>
      </body>
      </html>

      """
  }

  /// One sentence about the run, at the foot of each page.
  var summary: Markup {
    let verified = proofs.count { $0.state == .verified }
    let passed = run.tests.count { $0.outcome == .passed }
    var day = "an unknown day"
    if let date = run.date {
      let format = ISO8601DateFormatter()
      format.formatOptions = [.withFullDate]
      day = format.string(from: Date(timeIntervalSince1970: date))
    }
    return """
      \(verified) of \(proofs.count) clauses are verified by the run of \(day): \(passed) tests passed. \
      Every number in a proof is one that a test of that run has attached.
      """
  }

  /// The chapter and place in it of a file, its neighbors before and after.
  func neighbors(of file: SourceFile) -> (before: SourceFile?, after: SourceFile?) {
    let all = chapters.flatMap(\.files)
    guard let index = all.firstIndex(where: { $0.path == file.path }) else { return (nil, nil) }
    return (index > 0 ? all[index - 1] : nil, index + 1 < all.count ? all[index + 1] : nil)
  }
}
