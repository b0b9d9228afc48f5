import FoxDecoding

/// Ways through the directions that an engine offers. SPEC `AUG-3`.
package struct Routes: Sendable {
  private let targets: [Language: [Language]]
  private let sources: Set<Language>

  /// The ways that the given directions make.
  package init(_ directions: [Direction]) {
    targets = Dictionary(grouping: Set(directions).sorted(), by: \.source).mapValues { group in
      group.map(\.target)
    }
    sources = Set(directions.map(\.source))
  }

  /// The shortest way, at least one direction long; of equally short ones the first in the order of
  /// the languages' codes.
  ///
  /// - Complexity: O(*n*) in the number of directions.
  package func path(from start: Language, to end: Language) -> [Language]? {
    var parents: [Language: Language] = [:]
    var queue = [start]
    var next = 0
    while next < queue.count {
      let language = queue[next]
      next += 1
      for target in targets[language] ?? [] {
        if target == end { return walk(back: language, to: start, parents) + [target] }
        guard target != start, parents[target] == nil else { continue }
        parents[target] = language
        queue.append(target)
      }
    }
    return nil
  }

  private func walk(
    back last: Language, to start: Language, _ parents: [Language: Language]
  ) -> [Language] {
    var path = [last]
    while let language = path.last, language != start, let parent = parents[language] {
      path.append(parent)
    }
    return path.reversed()
  }

  /// All languages that can be reached and come back from, each by the shortest ways.
  ///
  /// - Parameter variants: Whether variants count (`por_BR`) of languages that are there themselves.
  package func pivots(of source: Language, variants: Bool = false) -> [Pivot] {
    let all = Set(targets.values.flatMap { $0 })
    let languages = all.filter { language in
      if language == source { return targets[source]?.contains(source) == true }
      if language == language.base { return true }
      return variants ? language.base != source : !all.contains(language.base)
    }
    return languages.sorted().compactMap { language in
      roundTrip(of: source, by: [language]).map { Pivot(name: language.code, path: $0) }
    }
  }

  /// Out by the given languages in turn and back, each leg by the shortest way.
  private func roundTrip(of source: Language, by stops: [Language]) -> [Language]? {
    var path = [spelled(source)]
    for stop in stops + [source] {
      guard let leg = self.path(from: path[path.count - 1], to: stop) else { return nil }
      path += leg.dropFirst()
    }
    return path
  }

  /// The pivot of a name: a language, or several in turn with `-` between.
  ///
  /// - Throws: `Fault` with what can come back.
  package func pivot(
    _ name: String, of source: Language, engine: String
  ) throws(Fault) -> Pivot {
    func refusal(_ found: String) -> Fault {
      .pivot(engine: engine, name: name, found: found, pivots: pivots(of: source).map(\.name))
    }
    guard let stops = stops(name) else {
      throw refusal("neither a code of a language nor several with - between")
    }
    var path = [spelled(source)]
    for stop in stops + [source] {
      let here = path[path.count - 1]
      if stop == here, targets[here]?.contains(here) != true {
        throw refusal("a way that stays in \(here.code)")
      }
      guard let leg = self.path(from: here, to: stop) else {
        let isBack = path.count > 1 && stop == source
        throw refusal(
          isBack
            ? "nothing that leads back from \(here.code)"
            : "nothing that leads from \(here.code) to \(stop.code)")
      }
      path += leg.dropFirst()
    }
    return Pivot(name: name, path: path)
  }

  /// A name that is a language here is that one (`zh-cn`); others are chains.
  private func stops(_ name: String) -> [Language]? {
    if let language = Language(name), knows(language) || !name.utf8.contains(UInt8(ascii: "-")) {
      return [language]
    }
    let parts = name.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
      .map { Language(String(Substring($0))) }
    let languages = parts.compactMap { $0 }
    return languages.isEmpty || languages.count < parts.count ? nil : languages
  }

  /// The language as it is written here.
  private func spelled(_ language: Language) -> Language {
    sources.first { $0 == language } ?? language
  }

  private func knows(_ language: Language) -> Bool {
    sources.contains(language) || targets.values.contains { $0.contains(language) }
  }
}

extension [Pivot] {
  /// A few that are not variants of each other: those of the shortest ways that share no language but the
  /// source, where `cat_valencia` is `cat`; of equally short ones the first.
  package func unlike(_ count: Int) -> [Pivot] {
    var (taken, used): ([Pivot], Set<Language>) = ([], [])
    let byLength = enumerated().sorted {
      ($0.element.path.count, $0.offset) < ($1.element.path.count, $1.offset)
    }
    for (_, pivot) in byLength where taken.count < count {
      let between = Set(pivot.path.dropFirst().dropLast().map(\.base))
      if between.isDisjoint(with: used) {
        taken.append(pivot)
        used.formUnion(between)
      }
    }
    return taken
  }
}
