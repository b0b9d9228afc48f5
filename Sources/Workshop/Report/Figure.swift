/// A picture of the page with its caption, its words and its numbers. SPEC `REP-7`.
package struct Figure {
  /// Unique on the page.
  let id: String
  /// What is to be seen, in one sentence.
  let title: String
  /// What the picture shows, in words.
  let description: String
  let width: Int
  let height: Int
  /// The picture's marks.
  let marks: Markup
  /// The same numbers.
  package let table: DataTable

  /// The picture. It takes the focus as a whole; the script's arrow keys go from mark to mark.
  var html: Markup {
    """
    <figure id="\(id)">
    <figcaption>\(title)</figcaption>
    <div class="scroll walk" tabindex="0" role="application" data-walk="marks" \
    aria-label="\(title) Arrow keys go from mark to mark.">
    \(svg)
    </div>
    \(table.folded)
    </figure>
    """
  }

  private var svg: Markup {
    """
    <svg viewBox="0 0 \(width) \(height)" style="max-width:\(width * 5 / 4)px" role="img" \
    aria-labelledby="\(id)-title \(id)-description">
    <title id="\(id)-title">\(title)</title>
    <desc id="\(id)-description">\(description)</desc>
    \(marks)
    </svg>
    """
  }
}
