import FoxFiles
import FoxQuestions

/// The attention of a chosen layer and head as a heat map over the tokens. SPEC `REP-12`.
///
/// The picture shows the first layer and head without script; the others are in the page as numbers
/// of three digits.
struct AttentionView {
  let id: String
  let maps: AttentionMaps
  /// So many tokens at most, so that the page stays small: 12 layers of 12 heads take 600 kB.
  static let mostTokens = 48

  private var tokens: [String] { Array(maps.tokens.prefix(Self.mostTokens)) }
  private var box: Int { tokens.count > 24 ? 18 : 26 }
  private let left = 108
  private let top = 92

  var html: Markup {
    """
    <div class="attention" id="\(id)">
    <form class="choose" hidden>
    <label for="\(id)-layer">Layer</label>
    <select id="\(id)-layer" class="layer" autocomplete="off">\(choices(maps.layers))</select>
    <label for="\(id)-head">Head</label>
    <select id="\(id)-head" class="head" autocomplete="off">\(choices(maps.heads))</select>
    </form>
    <figure>
    <figcaption>How much each token looks at those before it: <b class="which">layer 1, head 1</b>. A \
    row is the token that looks.\(cut)</figcaption>
    <div class="scroll walk" tabindex="0" role="application" aria-label="Attention map. Arrow keys go \
    from cell to cell." data-walk="grid">
    \(map)
    </div>
    <div class="row" aria-hidden="true"><p class="row-name"><span class="mark">Row</span> \
    <bdi class="shown">Point at a cell, or focus the map and use the arrow keys.</bdi></p>\
    <p class="row-tokens">\(tokens.map { "<span>\(ShownTokens.visible($0))</span>" as Markup })</p></div>
    </figure>
    <details class="data">
    <summary>This map as a table</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Attention as a table">
    \(table)
    </div>
    </details>
    <script type="application/json" class="weights">\(Markup(json: data.text(.line)))</script>
    </div>
    """
  }

  private var cut: String {
    maps.tokens.count > tokens.count
      ? " The first \(tokens.count) of \(maps.tokens.count) tokens are shown." : ""
  }

  private func choices(_ count: Int) -> [Markup] {
    (0..<max(1, count)).map { "<option value=\"\($0)\">\($0 + 1)</option>" }
  }

  /// In thousandths; what is missing or not a number counts as zero.
  func thousandths(_ layer: Int, _ head: Int, _ query: Int, _ key: Int) -> Int {
    guard maps.weights.indices.contains(layer), maps.weights[layer].indices.contains(head),
      maps.weights[layer][head].indices.contains(query),
      maps.weights[layer][head][query].indices.contains(key)
    else { return 0 }
    let weight = maps.weights[layer][head][query][key]
    return weight.isFinite ? Int((min(max(weight, 0), 1) * 1000).rounded()) : 0
  }

  /// `weights[layer][head]` holds the lower triangle, row after row.
  var data: JSON {
    let weights = (0..<max(1, maps.layers)).map { layer in
      JSON.array(
        (0..<max(1, maps.heads)).map { head in
          JSON.array(
            tokens.indices.flatMap { query in
              (0...query).map { JSON.integer(thousandths(layer, head, query, $0)) }
            })
        })
    }
    return ["tokens": .array(tokens.map { .string($0) }), "weights": .array(weights)]
  }

  private var map: Markup {
    let (width, height) = (left + box * tokens.count + 8, top + box * tokens.count + 8)
    let labels = tokens.enumerated().map { index, token -> Markup in
      let text = ShownTokens.fitted(token, columns: 12)
      let (x, y) = (left + box * index + box / 2 + 4, top + box * index + box / 2 + 4)
      return """
        <text data-label="\(index)" x="\(left - 8)" y="\(y)" text-anchor="end">\(text)</text>\
        <text class="soft" transform="translate(\(x) \(top - 8)) rotate(-90)">\(text)</text>

        """
    }
    return """
      <svg viewBox="0 0 \(width) \(height)" role="img" \
      aria-labelledby="\(id)-title \(id)-description">
      <title id="\(id)-title">Attention of layer 1, head 1</title>
      <desc id="\(id)-description">\(description)</desc>
      \(labels)\(cells)
      </svg>
      """
  }

  private var description: String {
    "A triangle of \(Numbers.count(tokens.count, "row")), \(Numbers.count(maps.layers, "layer")) of "
      + "\(Numbers.count(maps.heads, "head")) to choose "
      + "from; the darker a cell, the more its row's token looks at its column's."
  }

  private var cells: [Markup] {
    tokens.indices.flatMap { query in
      (0...query).map { key -> Markup in
        let value = Numbers.fixed(Double(thousandths(0, 0, query, key)) / 1000)
        let (x, y) = (left + box * key, top + box * query)
        let tip = "\(tokens[query]) → \(tokens[key])\n\(value)"
        return """
          <rect class="back" x="\(x)" y="\(y)" width="\(box - 2)" height="\(box - 2)" rx="3"/>\
          <rect class="cellbox" x="\(x)" y="\(y)" width="\(box - 2)" height="\(box - 2)" rx="3" \
          fill-opacity="\(value)" data-x="\(key)" data-y="\(query)" data-tip="\(tip)"/>

          """
      }
    }
  }

  private var table: Markup {
    let head = tokens.map {
      "<th scope=\"col\" class=\"n\">\(ShownTokens.visible($0))</th>" as Markup
    }
    let rows = tokens.indices.map { query -> Markup in
      let entries = (0...query).map { key -> Markup in
        let value = Numbers.fixed(Double(thousandths(0, 0, query, key)) / 1000)
        return "<td class=\"n\" data-entry=\"\(query * (query + 1) / 2 + key)\">\(value)</td>"
      }
      return """
        <tr><th scope="row">\(ShownTokens.visible(tokens[query]))</th>\(entries)</tr>

        """
    }
    return """
      <table><caption>Row: the token that looks; column: what it looks at</caption><thead><tr>\
      <td></td>\(head)</tr></thead><tbody>\(rows)</tbody></table>
      """
  }
}
