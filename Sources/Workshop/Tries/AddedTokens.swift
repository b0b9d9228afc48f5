/// A token that is found in the text before anything else is done with it, such as
/// `<|endoftext|>`.
package struct AddedToken: Equatable, Sendable {
  /// The text that is looked for.
  package var content: String
  package var id: Int
  /// Whether decoding may skip it.
  package var special: Bool
  /// Whether it is found only where no word character (`\w`) touches it.
  package var singleWord: Bool
  /// Whether the white space before it belongs to it.
  package var stripsLeft: Bool
  /// Whether the white space after it belongs to it.
  package var stripsRight: Bool
  /// Whether it is looked for in the normalized text. There is no normalizer here, but those that
  /// are not are found first.
  package var normalized: Bool

  package init(
    _ content: String, id: Int, special: Bool = false, singleWord: Bool = false,
    stripsLeft: Bool = false, stripsRight: Bool = false, normalized: Bool = true
  ) {
    self.content = content
    self.id = id
    self.special = special
    self.singleWord = singleWord
    self.stripsLeft = stripsLeft
    self.stripsRight = stripsRight
    self.normalized = normalized
  }
}

/// A piece of a text: an added token, or what byte-pair encoding has to work on.
struct Segment: Equatable {
  /// Bytes of the text. After a token that strips on its right, the next one may start before the
  /// end of it, as in the reference.
  var range: Range<Int>
  /// The id of the added token, `nil` for text.
  var id: Int?
}

/// Finds added tokens.
///
/// First those that are not `normalized`, then, in what is left, the others. Of the tokens found at
/// a place the longest counts, and the search goes on behind it, also when it is then refused for
/// not being a single word.
///
/// Spec: `BPE-6`.
struct AddedTokens: Sendable {
  /// In the order in which they were added.
  let tokens: [AddedToken]
  private let passes: [AddedTokenSet]
  /// Looked for in normalized text only.
  private let later: AddedTokenSet?
  private let laterIDs: Set<Int>

  /// - Parameters:
  ///   - vocabulary: A token that is in it already is looked for only when it is special, as in the
  ///     reference.
  ///   - normalize: What is done to the text before the `normalized` tokens are looked for, and to
  ///     them; `nil` when nothing is.
  init(
    _ tokens: [AddedToken], in vocabulary: TokenTable, normalize: ((String) -> [UInt8])? = nil
  ) {
    self.tokens = tokens
    let sought = tokens.filter { $0.special || vocabulary.id($0.content) == nil }
    let (first, second) = (sought.filter { !$0.normalized }, sought.filter(\.normalized))
    let sets = [first, second].filter { !$0.isEmpty }.map { AddedTokenSet($0) }
    guard let normalize else {
      (passes, later, laterIDs) = (sets, nil, [])
      return
    }
    passes = first.isEmpty ? [] : [AddedTokenSet(first)]
    later = second.isEmpty ? nil : AddedTokenSet(second, spelled: normalize)
    laterIDs = Set(second.map(\.id))
  }

  /// Whether tokens are looked for in normalized text.
  var hasNormalized: Bool { later != nil }

  /// Whether the token with this id is looked for in normalized text.
  func isNormalized(_ id: Int) -> Bool { laterIDs.contains(id) }

  /// Cuts a normalized text at the tokens that are looked for there.
  func normalizedSegments(of text: UTF8Buffer) -> [Segment] {
    guard !text.isEmpty, let later else { return [Segment(range: 0..<text.count, id: nil)] }
    return later.split(text, 0..<text.count)
  }

  /// Cuts `text` at the added tokens in it.
  ///
  /// - Complexity: O(*n*) in the bytes while few tokens start with the same byte.
  func segments(of text: UTF8Buffer) -> [Segment] {
    var segments = text.isEmpty ? [] : [Segment(range: 0..<text.count, id: nil)]
    for pass in passes {
      segments = segments.flatMap { segment in
        segment.id == nil ? pass.split(text, segment.range) : [segment]
      }
    }
    return segments
  }
}

/// The tokens of one pass, by first byte.
private struct AddedTokenSet: Sendable {
  private struct Pattern: Sendable {
    let bytes: [UInt8]
    let token: AddedToken
  }

  /// Longest first.
  private var patterns: [[Pattern]]

  init(_ tokens: [AddedToken], spelled: (String) -> [UInt8] = { Array($0.utf8) }) {
    patterns = Array(repeating: [], count: 256)
    let all = tokens.map { Pattern(bytes: spelled($0.content), token: $0) }
    for pattern in all.sorted(by: { $0.bytes.count > $1.bytes.count }) {
      if let first = pattern.bytes.first { patterns[Int(first)].append(pattern) }
    }
  }

  func split(_ whole: UTF8Buffer, _ range: Range<Int>) -> [Segment] {
    let text = UTF8Buffer(rebasing: whole[range])
    var segments: [Segment] = []
    var done = 0
    func append(_ start: Int, _ end: Int, _ id: Int?) {
      let shifted = range.lowerBound + start..<range.lowerBound + end
      segments.append(Segment(range: shifted, id: id))
    }
    var place = 0
    while let (token, start, end) = next(in: text, from: place) {
      place = end
      if token.singleWord, touchesWord(text, start, end) { continue }
      let left = token.stripsLeft ? text.startOfSpace(before: start, after: done) : start
      let right = token.stripsRight ? text.endOfSpace(after: end) : end
      if done < left { append(done, left, nil) }
      append(left, right, token.id)
      done = right
    }
    if done < text.count { append(done, text.count, nil) }
    return segments
  }

  private func next(in text: UTF8Buffer, from start: Int) -> (AddedToken, Int, Int)? {
    for place in start..<max(text.count, start) where !patterns[Int(text[place])].isEmpty {
      for pattern in patterns[Int(text[place])] where text.holds(pattern.bytes, at: place) {
        return (pattern.token, place, place + pattern.bytes.count)
      }
    }
    return nil
  }

  private func touchesWord(_ text: UTF8Buffer, _ start: Int, _ end: Int) -> Bool {
    func isWord(_ place: Int) -> Bool { CharacterClasses.isWord(text.scalar(at: place).value) }
    return start > 0 && isWord(text.scalarStart(before: start)) || end < text.count && isWord(end)
  }
}

extension UTF8Buffer {
  fileprivate func holds(_ bytes: [UInt8], at place: Int) -> Bool {
    place + bytes.count <= count && bytes.indices.allSatisfy { self[place + $0] == bytes[$0] }
  }

  private func isSpace(_ place: Int) -> Bool {
    Unicode.Scalar(scalar(at: place).value).map { CharacterClasses.shared[$0] } == .space
  }

  /// Where the white space before `end` starts, and not before `limit`, up to which other tokens
  /// have taken the text.
  fileprivate func startOfSpace(before end: Int, after limit: Int) -> Int {
    var place = Swift.max(end, limit)
    while place > limit, isSpace(scalarStart(before: place)) { place = scalarStart(before: place) }
    return place
  }

  fileprivate func endOfSpace(after start: Int) -> Int {
    var place = start
    while place < count, isSpace(place) { place += scalar(at: place).length }
    return place
  }
}
