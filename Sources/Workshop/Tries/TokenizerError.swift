import Foundation
import FoxFiles

/// What can go wrong with tokenizer files, texts and ids.
///
/// The cases carry data; the words are in `description`, in one place, and are tested as a table.
public enum TokenizerError: Error, Equatable, Sendable {
  /// A file cannot be read or is not the JSON we accept.
  case file(Fault)
  /// The folder holds none of the files a tokenizer is read from.
  case noTokenizer(folder: String)
  /// A value in a file is not of the kind that belongs there.
  case malformed(file: String, place: String, expected: String, found: String)
  /// The file asks for something this package does not do.
  case unsupported(file: String, feature: String)
  /// An id that is negative or at or above `limit`.
  case idOutOfRange(file: String, token: String, id: Int, limit: Int)
  /// Two tokens have the same id.
  case duplicateID(file: String, id: Int, tokens: [String])
  /// A line of the merges is not two tokens with one space between them.
  case malformedMerge(file: String, place: MergePlace, found: String)
  /// A merge names or makes a token that is not in the vocabulary.
  case mergeTokenMissing(file: String, place: MergePlace, token: String)
  /// There are too few merges for the vocabulary.
  case mergesIncomplete(file: String, merges: Int, words: Int)
  /// The same two tokens are merged a second time.
  case duplicateMerge(file: String, place: MergePlace, first: MergePlace, pair: [String])
  /// The same added token is listed twice.
  case duplicateAddedToken(file: String, token: String)
  /// An added token states another id than the one it gets.
  case addedTokenID(file: String, token: String, assigned: Int, stated: Int)
  /// The text holds a byte for which the vocabulary has no token.
  case byteWithoutToken(byte: UInt8, offset: Int)
  /// The text is not UTF-8.
  case invalidUTF8(offset: Int)
  /// No token has this id.
  case unknownID(id: Int, limit: Int)
  /// The vocabulary lacks a token that nothing can be done without.
  case tokenMissing(file: String, token: String, purpose: String)
  /// A text cannot be cut or padded as the options say.
  case length(LengthProblem)
}

/// Where a merge stands.
public enum MergePlace: Equatable, Sendable {
  /// In a line of a text file, counted from 1.
  case line(Int)
  /// In the array `model.merges` of a tokenizer.json, counted from 0.
  case index(Int)
}

extension MergePlace: CustomStringConvertible {
  /// The place, in the words of error messages.
  public var description: String {
    switch self {
    case .line(let line): "line \(line)"
    case .index(let index): "model.merges[\(index)]"
    }
  }
}

extension TokenizerError: CustomStringConvertible, LocalizedError {
  /// One sentence for the user, and what to do where that is known.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .noTokenizer(let folder):
      "\(folder): holds no tokenizer: neither tokenizer.json, nor vocab.json and merges.txt, "
        + "nor encoder.json and vocab.bpe, nor vocab.txt"
    case .malformed(let file, let place, let expected, let found):
      "\(file): \(place) should be \(expected), found \(found)"
    case .unsupported(let file, let feature): "\(file): \(feature) is not supported"
    case .idOutOfRange(let file, let token, let id, let limit):
      "\(file): the token \(quoted(token)) has the id \(id); ids are 0 to \(limit - 1)"
    case .duplicateID(let file, let id, let tokens):
      "\(file): the tokens \(tokens.map(quoted).joined(separator: " and ")) have the same id \(id)"
    case .malformedMerge(let file, let place, let found):
      "\(file), \(place): should be two tokens with one space between them, found \(quoted(found))"
    case .mergeTokenMissing(let file, let place, let token):
      "\(file), \(place): the token \(quoted(token)) is not in the vocabulary: "
        + "are these the merges of another vocabulary?"
    case .mergesIncomplete(let file, let merges, let words):
      "\(file): \(counted(merges, "merge")) for a vocabulary of \(counted(words, "word")) beside the bytes: "
        + "was the file cut short?"
    case .duplicateMerge(let file, let place, let first, let pair):
      "\(file), \(place): the merge \(quoted(pair.joined(separator: " "))) is at \(first) already"
    case .duplicateAddedToken(let file, let token):
      "\(file): the added token \(quoted(token)) is listed twice"
    case .addedTokenID(let file, let token, let assigned, let stated):
      "\(file): the added token \(quoted(token)) gets the id \(assigned), the file says \(stated)"
    case .byteWithoutToken(let byte, let offset):
      "the vocabulary has no token for the byte 0x\(hexadecimal(byte)) at byte \(offset) of the text"
    case .invalidUTF8(let offset): "the text is not UTF-8 at byte \(offset)"
    case .unknownID(let id, let limit): "no token has the id \(id); ids are 0 to \(limit - 1)"
    case .tokenMissing(let file, let token, let purpose):
      "\(file): the vocabulary has no \(quoted(token)), the token for \(purpose)"
    case .length(let problem): problem.description
    }
  }

  /// The same sentence, which Foundation's `localizedDescription` asks for.
  public var errorDescription: String? { description }

  private func quoted(_ token: String) -> String { "\"\(token.prefix(60))\"" }
}
