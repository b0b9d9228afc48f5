import FoxFiles
import FoxFormats
import FoxKernels

/// No honest classifier has more labels.
private let mostLabels = 100_000

extension ConfigurationKeys {
  /// What the model ends with; heads that are not for classifying count as none.
  func architecture() throws(Fault) -> BERTArchitecture {
    let name = try requireModel(type: "bert", prefix: "Bert")
    return name.flatMap(BERTArchitecture.init(rawValue:)) ?? .encoder
  }

  /// Absent it is 0; `null` means that there is none.
  func padToken(below vocabulary: Int) throws(Fault) -> Int? {
    guard let value = json["pad_token_id"] else { return 0 }
    if value.isNull { return nil }
    guard let token = value.integer, (0..<vocabulary).contains(token) else {
      throw wrong("pad_token_id", "an id from 0 to \(vocabulary - 1), or null")
    }
    return token
  }

  /// The names in `id2label`, else `LABEL_0` and so on for `num_labels`, else two of them.
  func labels() throws(Fault) -> [String] {
    guard let value = json["id2label"], !value.isNull else {
      let count = try size("num_labels", 2, limit: mostLabels)
      return (0..<count).map { "LABEL_\($0)" }
    }
    let expected = "an object of names for the labels 0, 1 and so on"
    guard let members = value.object?.members, (1...mostLabels).contains(members.count) else {
      throw wrong("id2label", expected)
    }
    var names = [String?](repeating: nil, count: members.count)
    for (key, value) in members {
      guard let index = Int(key), names.indices.contains(index), names[index] == nil,
        let name = value.string ?? value.integer.map(String.init)
      else { throw wrong("id2label", expected) }
      names[index] = name
    }
    return names.compactMap { $0 }
  }

  func problem() throws(Fault) -> BERTProblem? {
    guard let value = json["problem_type"], !value.isNull else { return nil }
    guard let problem = value.string.flatMap(BERTProblem.init(rawValue:)) else {
      let names = BERTProblem.allCases.map { "\"\($0.rawValue)\"" }
      throw wrong("problem_type", names.joined(separator: ", "))
    }
    return problem
  }

  func relativePositions() throws(Fault) -> RelativePositions? {
    guard let value = json["position_embedding_type"], !value.isNull, value != "absolute" else {
      return nil
    }
    if let known = RelativePositions.all.first(where: { $0.name == value.string }) { return known }
    let names = ["absolute"] + RelativePositions.all.map(\.name)
    throw wrong("position_embedding_type", "one of \(names.joined(separator: ", "))")
  }

  func refuseUnsupportedBERT() throws(Fault) {
    for key in ["is_decoder", "add_cross_attention"] where try flag(key, false) {
      throw wrong(key, "false")
    }
    // Chunks save the reference memory; the numbers are the same.
    if let value = json["chunk_size_feed_forward"], !value.isNull, value.integer ?? -1 < 0 {
      throw wrong("chunk_size_feed_forward", "an integer of at least 0")
    }
    try refusePrunedHeads()
  }
}
