/// How many bytes at the beginning of `bytes` are whole UTF-8 sequences.
///
/// - Complexity: O(*n*).
package func validUTF8Prefix(_ bytes: some Sequence<UInt8>) -> Int {
  var parser = Unicode.UTF8.ForwardParser()
  var iterator = bytes.makeIterator()
  var count = 0
  while case .valid(let sequence) = parser.parseScalar(from: &iterator) { count += sequence.count }
  return count
}
