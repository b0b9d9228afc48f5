import FoxMetrics
import FoxModels
import FoxTries

/// How close a paraphrase is to its original.
package protocol TextSimilarity: Sendable {
  /// What it is called in tables.
  var name: String { get }

  /// A number for each pair of original and paraphrase; 1 for equal texts.
  func scores(_ pairs: [(String, String)]) throws -> [Double]
}

/// The F measure of standard ROUGE-L: words in common and in order. SPEC `AUG-23`.
package struct LongestCommonSubsequence: TextSimilarity {
  /// `ROUGE-L`.
  package let name = "ROUGE-L"

  package init() {}

  /// From 0 to 1.
  ///
  /// - Throws: `Fault` for texts of thousands of words.
  package func scores(_ pairs: [(String, String)]) throws -> [Double] {
    try pairs.map { original, paraphrase in
      var words = Words()
      return try rougeL(
        reference: words.numbers(of: original), prediction: words.numbers(of: paraphrase)
      ).fmeasure
    }
  }
}

/// The cosine of two vectors of a BERT encoder such as MiniLM: closeness of meaning. SPEC `AUG-23`.
package struct EncoderSimilarity: TextSimilarity {
  package let name = "cosine"
  private let model: BERTModel
  private let tokenizer: BERTTokenizer

  /// The encoder and its tokenizer, which have to fit each other.
  package init(model: BERTModel, tokenizer: BERTTokenizer) {
    (self.model, self.tokenizer) = (model, tokenizer)
  }

  /// From −1 to 1.
  package func scores(_ pairs: [(String, String)]) throws -> [Double] {
    let vectors = try vectors(pairs.flatMap { [$0.0, $0.1] })
    return pairs.indices.map { index in
      let (a, b) = (vectors[2 * index], vectors[2 * index + 1])
      return zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
  }

  /// A vector of length 1 for each text; texts are cut to the model's positions.
  private func vectors(_ texts: [String]) throws -> [[Float]] {
    var options = EncodingOptions()
    options.returnsTokens = false
    options.maxLength = model.configuration.positions
    let arena = Arena()
    var vectors: [[Float]] = []
    for start in stride(from: 0, to: texts.count, by: 32) {
      var ids: [[Int32]] = []
      for text in texts[start..<min(start + 32, texts.count)] {
        ids.append(try tokenizer.encode(text, options: options).ids.map { Int32($0) })
      }
      let rows = try model.embeddings(BERTBatch(ids), normalize: true, arena: arena)
      let width = rows.shape[1]
      let elements = rows.elements
      vectors += ids.indices.map { Array(elements[$0 * width..<($0 + 1) * width]) }
    }
    return vectors
  }
}
