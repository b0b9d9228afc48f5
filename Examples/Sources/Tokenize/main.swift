// A text's tokens: what a model reads in place of letters.
import BrownFox
import Foundation

let text = CommandLine.arguments.dropFirst().first ?? "The brown fox jumps over Übermut 🦊."
let folder = ProcessInfo.processInfo.environment["FOX_MODEL"] ?? "../Weights/tale-gpt2"

do {
  let tokenizer = try GPT2Tokenizer(folder: folder)
  let encoding = try tokenizer.encode(text)
  let scalars = Array(text.unicodeScalars)
  for (id, place) in zip(encoding.ids, encoding.offsets) {
    // Offsets count Unicode scalars; several tokens may share one that has several bytes.
    let piece = String(String.UnicodeScalarView(scalars[place]))
    print("\(id)\t\(place.lowerBound)..<\(place.upperBound)\t\(piece)")
  }
  let back = try tokenizer.decode(encoding.ids, cleanUpSpaces: false)
  print(back == text ? "and back: the same text" : "and back: \(back)")
} catch {
  // What went wrong, and what to do about it, in one sentence: the command line prints the same.
  print(error.localizedDescription)
  exit(1)
}
