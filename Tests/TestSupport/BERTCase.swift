import FoxFiles
import FoxModels
import Testing

/// A case of `bert/outputs.json` or `bert/gradients.json`.
package struct BERTCase: CustomTestStringConvertible, Sendable {
  /// Its name.
  package let name: String
  /// What was recorded.
  package let json: JSON

  /// A recorded case.
  package init(name: String, json: JSON) { (self.name, self.json) = (name, json) }

  /// The name.
  package var testDescription: String { name }

  /// All cases of a golden.
  package static func all(_ path: String) throws -> [BERTCase] {
    try Golden.cases(path).map { json in
      BERTCase(name: try #require(json["name"]?.string), json: json)
    }
  }

  /// The model, from its folder.
  package func model() throws -> BERTModel {
    let name = try json.required("model").string ?? ""
    return try BERTModel.load(folder: Places.golden("bert/models/\(name)")).model
  }

  /// The batch as it is recorded, padding written out.
  package func batch() throws -> BERTBatch {
    let ids = try table("ids")
    return try BERTBatch(#require(ids), typeIDs: table("types"), mask: table("mask"))
  }

  /// A table of whole numbers; `nil` when it is not there.
  package func table(_ key: String) throws -> [[Int32]]? {
    guard let value = json[key], !value.isNull else { return nil }
    return try value.array?.map { try $0.integers().map { Int32($0) } }
  }
}

extension BERTCase {
  /// The model in training, with the dropout and the loss of the case.
  package func trainable() throws -> BERTTrainable {
    let model = try model()
    var configuration = model.configuration
    let dropout = try json.required("dropout").array ?? []
    configuration.hiddenDropout = dropout[0].double ?? 0
    configuration.attentionDropout = dropout[1].double ?? 0
    configuration.classifierDropout = dropout[2].double
    configuration.problem = json["problem_type"]?.string.flatMap(BERTProblem.init(rawValue:))
    let tensors = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.tensor) })
    return try BERTTrainable(BERTModel(configuration) { tensors[$0] })
  }

  /// What the outputs should be.
  package func labels() throws -> BERTLabels {
    let labels = try json.required("labels")
    if let classes = try? labels.integers() { return .classes(classes) }
    return .values(try labels.floats())
  }

  /// The seed of dropout.
  package var seed: UInt64 { UInt64(json["seed"]?.integer ?? 0) }
}
