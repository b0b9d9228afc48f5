/// Follows the links of pages that lie in one folder.
package enum DeadLinks {
  /// Links to pages that are not there and to places that their page does not have, each with the page
  /// it stands on. Papers are elsewhere, and are not asked for.
  package static func all(in files: [(name: String, text: String)]) -> [String] {
    let pages = Dictionary(
      files.map { ($0.name, $0.text) }, uniquingKeysWith: { first, _ in first })
    let places = pages.mapValues { text in
      Set(text.matches(of: #/\sid="([^"]*)"/#).map { String($0.output.1) })
    }
    return files.filter { $0.name.hasSuffix(".html") }.flatMap { name, text in
      text.matches(of: /<[a-z]+ [^>]*(?:href|src)="([^"]*)"/).compactMap { match in
        let address = String(match.output.1)
        if address.hasPrefix("https://arxiv.org/abs/") || address.hasPrefix("data:") { return nil }
        let parts = address.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        guard let there = places[parts[0].isEmpty ? name : String(parts[0])] else {
          return "\(name): \(address): no such page"
        }
        let isThere = parts.count == 1 || there.contains(String(parts[1]))
        return isThere ? nil : "\(name): \(address): no such place"
      }
    }
  }
}
