import FoxDecoding
import FoxNumbers

/// # From names to parameters
///
/// A model asks for parameters by name and shape; a file has tensors by name and shape. The names
/// agree but for history: GPT-2's first checkpoints have `wte.weight` where today's have
/// `transformer.wte.weight`, training programs put `module.` before every name, TensorFlow called
/// LayerNorm's weight `gamma`, and a head that is tied to the embedding is stored under either
/// name. Each of these is a rule here. What no rule explains is reported: a model must not be wrong
/// quietly.
///
///     let loader = try ParameterLoader(file, expecting: parameters, rules: rules)
///     print(loader.report)
///     let embedding = try loader.tensor("transformer.wte.weight")
///
/// Source: `PreTrainedModel.from_pretrained` in transformers 4.17.0, `modeling_utils.py`; clauses
/// LOAD-1 to LOAD-8. Does not draw parameters that are missing: the model does.
package struct ParameterLoader: Sendable {
  package private(set) var report: LoadReport  // what became of parameters and tensors
  package let file: any TensorFile
  private let rules: NameRules  // known for each kind of model: `GPT2Model`, `BERTModel`
  private var resolved: [UTF8Key: String] = [:]  // from a parameter's name to its tensor's
  private var refused: Set<UTF8Key> = []  // tensors that a parameter asks for and cannot take

  /// Finds a tensor for every parameter. Throws when a required one is missing or has another
  /// shape, or when a tensor that is needed does not hold floating point.
  package init(
    _ file: any TensorFile, expecting parameters: [ExpectedParameter],
    rules: NameRules = NameRules()
  ) throws(Fault) {
    (self.file, self.rules, report) = (file, rules, LoadReport(file: file.path))
    // First each parameter looks for its tensor, then each tensor that is left for a reason.
    for parameter in parameters { try resolve(parameter) }
    try sortOutTheRest()
    // Only now, so that the fault can name all that is wrong rather than the first.
    if report.isFatal { throw report.failure }
  }

  /// The tensor of the parameter `name`; `nil` when the model has to initialize it.
  package func tensor(_ name: String) throws(Fault) -> Tensor? {
    guard let tensor = nameInFile(of: name) else { return nil }
    return try file.tensor(named: tensor)  // only now are numbers read
  }

  /// What the file calls the parameter `name`; `nil` when the model has to initialize it.
  package func nameInFile(of name: String) -> String? { resolved[UTF8Key(name)] }

  private mutating func resolve(_ parameter: ExpectedParameter) throws(Fault) {
    let found = find(parameter.name)
    if let found, found.shape == parameter.shape {  // [768] is not [1, 768]
      // Integers under a weight's name are quantized weights or a mistake.
      resolved[UTF8Key(parameter.name)] = try file.floatingPoint(found.name).name
      return
    }
    if let found {
      // Never cut, padded or transposed: a weight of the wrong shape is of another model, or of
      // another layout. GPT-2's Conv1D has [in, out], PyTorch's Linear [out, in].
      report.mismatched.append(
        .init(name: parameter.name, expected: parameter.shape, found: found.shape))
      refused.insert(UTF8Key(found.name))  // explained, so not reported as unexpected too
    } else {
      report.missing.append(parameter.name)
    }
    // The model says what is fatal: a new classifier's head is drawn, an embedding is not.
    if parameter.isRequired { report.isFatal = true }
  }

  /// The tensor of a parameter, under its own name or one tied to it.
  private func find(_ parameter: String) -> TensorInfo? {
    let aliases = rules.ties.filter { UTF8Key.equal($0.parameter, parameter) }.map(\.alias)
    // Lazily: an alias is spelled only when no spelling of the own name is there.
    return ([parameter] + aliases).lazy.flatMap(rules.spellings).compactMap { file[$0] }.first
  }

  /// Names a use, or the lack of one, for every tensor that no parameter took.
  private mutating func sortOutTheRest() throws(Fault) {
    let taken = Set(resolved.values.map(UTF8Key.init)).union(refused)
    for name in file.tensors.map(\.name) where !taken.contains(UTF8Key(name)) {
      if rules.ignores(name) {
        report.ignored.append(name)  // older GPT-2 files hold causal masks
      } else if let used = tiedTensor(of: name) {
        // PyTorch's checkpoints name both the head and the embedding. A copy is harmless as long as
        // it is one. Otherwise one of the two was changed after training, and which is right, no
        // reader can know.
        if try file.holdSameBytes(name, used) {  // 154 MB of embedding are compared, once
          report.ignored.append(name)
        } else {
          report.disagreeing.append(.init(ignored: name, used: used))
        }
      } else {
        // A head of another task, or a parameter that this model forgot to ask for.
        report.unexpected.append(name)
      }
    }
  }

  /// The tensor that is used in the place of the one called `name`, when the two are tied.
  private func tiedTensor(of name: String) -> String? {
    let tie = rules.ties.first { tie in
      rules.spellings(of: tie.alias).contains { UTF8Key.equal($0, name) }
    }
    return tie.flatMap { nameInFile(of: $0.parameter) }  // `nil` when the parameter has none either
  }
}

/// A parameter that a model asks a file for.
package struct ExpectedParameter: Equatable, Sendable {
  package let name: String
  package let shape: [Int]  // the model's, from its configuration
  package let isRequired: Bool  // what is not required may be newly initialized

  package init(_ name: String, _ shape: [Int], isRequired: Bool = true) {
    (self.name, self.shape, self.isRequired) = (name, shape, isRequired)
  }
}

/// How the names in a file relate to the names of a model.
package struct NameRules: Sendable {
  /// Two names of one tensor, of which the model has a parameter only for the second (LOAD-4).
  package typealias Tie = (alias: String, parameter: String)

  // What a name may begin with in the file, the model, or both: `transformer.` for GPT-2, `bert.`
  // for BERT (LOAD-2).
  private let prefix: String
  // Last parts of names of tensors that mean nothing: `attn.bias`, the causal mask (LOAD-3).
  private let ignoredSuffixes: [String]
  fileprivate let ties: [Tie]

  package init(prefix: String = "", ignoredSuffixes: [String] = [], ties: [Tie] = []) {
    (self.prefix, self.ignoredSuffixes, self.ties) = (prefix, ignoredSuffixes, ties)
  }

  /// What training programs put before every name of the model they train (LOAD-8): PyTorch's
  /// `DataParallel` keeps it as its `module`, `torch.compile` as its `_orig_mod`, others as their
  /// `model`; and some do both.
  private static let wrappers = [
    "model.", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.",
    "model._orig_mod.",
  ]

  /// The names that a tensor may have in the file when the model calls it `name`, the likeliest
  /// first.
  fileprivate func spellings(of name: String) -> [String] {
    var names = [name]  // as the model has it, …
    if !prefix.isEmpty {
      let rest = name.utf8.dropFirst(prefix.utf8.count)
      // … with the prefix taken off or put on, …
      let hasPrefix = name.utf8.starts(with: prefix.utf8)
      names.append(hasPrefix ? String(Substring(rest)) : prefix + name)
    }
    names += Self.wrappers.flatMap { wrapper in names.map { wrapper + $0 } }  // … in a wrapper, …
    // … and all of them as TensorFlow, and the first checkpoints converted from it, called
    // LayerNorm's parameters. Only the last part: a module may be called "beta".
    let old = [(".weight", ".gamma"), (".bias", ".beta")]
    return names
      + names.flatMap { name in
        old.filter { name.hasSuffix($0.0) }.map { name.dropLast($0.0.count) + $0.1 }
      }
  }

  /// Whether a tensor of that name means nothing. Whole parts count: `c_attn.bias` does not end
  /// with `attn.bias`.
  fileprivate func ignores(_ name: String) -> Bool {
    // From the end, byte by byte: `hasSuffix` would compare characters, not bytes.
    ignoredSuffixes.contains { ".\(name)".utf8.reversed().starts(with: ".\($0)".utf8.reversed()) }
  }
}

/// What became of names: every parameter of the model and every tensor of the file is used,
/// missing, unexpected, of another shape, or ignored for a reason (LOAD-5), in the order of the
/// model or the file. The Workshop puts it in words.
package struct LoadReport: Equatable, Sendable {
  /// A parameter that the file has in another shape.
  package struct Mismatch: Equatable, Sendable {
    package let name: String
    package let expected, found: [Int]  // the model's shape, the file's
  }

  /// A tied name whose tensor differs from the one that is used for both.
  package struct Disagreement: Equatable, Sendable {
    package let ignored, used: String  // both in the file; one is loaded for both names
  }

  package let file: String
  package fileprivate(set) var missing: [String] = []  // parameters that the file does not have
  package fileprivate(set) var unexpected: [String] = []  // tensors that no parameter takes
  package fileprivate(set) var mismatched: [Mismatch] = []  // not as the file has them
  package fileprivate(set) var ignored: [String] = []  // buffers, and copies of tied weights
  package fileprivate(set) var disagreeing: [Disagreement] = []  // copies that differ
  fileprivate var isFatal = false  // the model cannot work without what is missing

  fileprivate init(file: String) { self.file = file }

  /// Whether every parameter has its tensor and every tensor its use. What is ignored means
  /// nothing.
  package var isClean: Bool {
    missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty && disagreeing.isEmpty
  }

  /// Both shapes, because the wrong one often tells what the file really is.
  package var shapes: String {
    shown(
      items: mismatched.map {
        "\(shown($0.name)) (\(shown($0.expected)) expected, \(shown($0.found)) found)"
      })
  }

  /// Why no model can be made of the file: all lists, because names that are missing on one side
  /// and unexpected on the other are a checkpoint with other names.
  fileprivate var failure: Fault {
    var found: [String] = []
    if !missing.isEmpty { found.append("no \(shown(missing))") }  // those not required, too
    if !mismatched.isEmpty { found.append("another shape of \(shapes)") }  // another size of model
    if !unexpected.isEmpty { found.append("\(shown(unexpected)) instead") }  // another model
    return Fault(
      file, found: found.joined(separator: ", "), expected: "the parameters of the model",
      hint: "is it the checkpoint of another model, or of another size?")
  }
}
