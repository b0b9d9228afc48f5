/// # `total_flos`
///
/// The reference's estimate of the work of a run: 6 floating-point operations for each token and each
/// parameter that is not an embedding table.
///
/// Source: Kaplan et al. 2020, section 2.1; `floating_point_ops` in `modeling_utils.py` of transformers
/// 4.17.0. SPEC `TRAIN-4`.
package enum FloatingPointOperations {
  private static let tables = [
    "wte.weight", "wpe.weight", "word_embeddings.weight", "position_embeddings.weight",
    "token_type_embeddings.weight",
  ]

  /// The operations of a batch, forward and backward.
  package static func estimate(tokens: Int, parameters: Int) -> Double {
    6 * Double(tokens) * Double(parameters)
  }

  /// How many numbers the parameters have that count: all but embedding tables. LayerNorms of
  /// embeddings and an untied head count.
  package static func counted(_ parameters: some Sequence<(name: String, count: Int)>) -> Int {
    parameters.reduce(0) { sum, parameter in
      tables.contains { parameter.name.hasSuffix($0) } ? sum : sum + parameter.count
    }
  }
}
