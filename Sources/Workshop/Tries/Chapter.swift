/// This room makes the tokenizers of chapter 2 fast and complete. What reads here as `ByteAlphabet` or
/// `BERTCharacters` is the chapter's, and whoever imports the room needs those too: so it passes the
/// chapter on.
@_exported public import FoxTokenizers

extension ScalarMap {
  /// What the chapter's subscript gives. Compiled here, because Swift does not inline a function of
  /// another module that is not public.
  @inline(__always) func number(of scalar: UInt32) -> Value {
    cells[Int(blocks[Int(scalar >> 7)]) << 7 | Int(scalar & 127)]
  }
}

extension CharacterClasses {
  private static let words: ScalarMap<Bool> = {
    var words = ScalarMap(false)
    for scalar in RecordedTable(WordCharacterTable.words).ranges.joined() { words[scalar] = true }
    return words
  }()

  /// Whether `\w` matches a character: letters, digits, marks and `_`, so no class of GPT-2's tells.
  package static func isWord(_ scalar: UInt32) -> Bool { words[scalar] }
}
