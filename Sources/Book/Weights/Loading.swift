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
/// `PreTrainedModel.from_pretrained` in transformers 4.17.0, `modeling_utils.py`; clauses LOAD-1 to
/// LOAD-8. Does not draw parameters that are missing: the model does.
package struct ParameterLoader: Sendable {
  /// What became of parameters and tensors. `init` fills it in; it looks at names, not at numbers.
  package private(set) var report: LoadReport
  private let file: any TensorFile
  private let rules: NameRules  // known for each kind of model: `GPT2Model`, `BERTModel`
  /// The tensor of each parameter: from the model's name to the file's.
  private var resolved: [UTF8Key: String] = [:]
  /// Tensors that a parameter asks for and cannot take. The report has them among the mismatched
  /// ones, so they are not "unexpected" too.
  private var refused: Set<UTF8Key> = []

  /// Finds a tensor for every parameter.
  ///
  /// - Throws: When a required parameter is missing or has another shape, or when a tensor that is
  ///   needed does not hold floating point.
  package init(
    _ file: any TensorFile, expecting parameters: [ExpectedParameter],
    rules: NameRules = NameRules()
  ) throws(Fault) {
    (self.file, self.rules) = (file, rules)
    // First each parameter looks for its tensor, then each tensor that is left for an explanation.
    report = LoadReport(file: file.path)
    for parameter in parameters { try resolve(parameter) }
    try sortOutTheRest()
    // Only now, so that the fault can name all that is wrong rather than the first.
    if !report.fatal.isEmpty { throw report.failure }
  }

  /// The tensor of the parameter `name`; `nil` when the model has to initialize it.
  package func tensor(_ name: String) throws(Fault) -> Tensor? {
    // A name that the model never asked for is `nil` too: a typing mistake shows as a missing
    // weight.
    guard let tensor = resolved[UTF8Key(name)] else { return nil }
    return try file.tensor(named: tensor)
  }

  /// The parameter `name` in a given precision; `nil` when the model has to initialize it.
  package func weight(_ name: String, _ precision: Precision) throws(Fault) -> Weight? {
    guard let tensor = resolved[UTF8Key(name)] else { return nil }
    // BF16 if the model computes in it: half the memory.
    return try file.weight(named: tensor, precision)
  }

  /// Writes the parameter `name` to `target`, a part of the model's flat buffer.
  ///
  /// - Returns: Whether the file had it; if not, `target` is untouched.
  package func copy(
    _ name: String, to target: UnsafeMutableBufferPointer<Float>
  ) throws(Fault) -> Bool {
    // What is missing keeps what the model drew for it.
    guard let tensor = resolved[UTF8Key(name)] else { return false }
    try file.copyTensor(named: tensor, to: target)
    return true
  }

  private mutating func resolve(_ parameter: ExpectedParameter) throws(Fault) {
    guard let tensor = find(parameter.name) else {
      // The model says what is fatal: a new classifier's head is drawn, an embedding is not.
      report.missing.append(parameter.name)
      if parameter.isRequired { report.fatal.append(parameter.name) }
      return
    }
    // Sizes are never cut or padded, and matrices never transposed: a weight of the wrong shape is
    // of another model, or of another layout: GPT-2's Conv1D has [in, out], PyTorch's Linear
    // [out, in].
    guard tensor.shape == parameter.shape else {
      report.mismatched.append(
        .init(name: parameter.name, expected: parameter.shape, found: tensor.shape))
      if parameter.isRequired { report.fatal.append(parameter.name) }
      refused.insert(UTF8Key(tensor.name))  // explained, so not reported as unexpected too
      return
    }
    // Integers under a weight's name are quantized weights or a mistake; in both cases their
    // numbers are not the parameter's.
    try file.checkReadable(tensor)
    resolved[UTF8Key(parameter.name)] = tensor.name
  }

  /// The tensor of a parameter, under its own name or one tied to it.
  private func find(_ parameter: String) -> TensorInfo? {
    // The model's own name comes first; in a file with both names it is the one to believe.
    let aliases = rules.ties.filter { UTF8Key.equal($0.parameter, parameter) }.map(\.alias)
    for name in [parameter] + aliases {
      for spelling in rules.spellings(of: name) {
        // As the file spells it; `nil` for most spellings.
        if let tensor = file[spelling] { return tensor }
      }
    }
    return nil
  }

  /// Names a use, or the lack of one, for every tensor that no parameter took.
  private mutating func sortOutTheRest() throws(Fault) {
    // What the parameters took, and what they wanted but could not take.
    let taken = Set(resolved.values.map(UTF8Key.init)).union(refused)
    for tensor in file.tensors where !taken.contains(UTF8Key(tensor.name)) {
      // First what means nothing, by name alone: older GPT-2 files hold causal masks.
      if rules.ignores(tensor.name) {
        report.ignored.append(tensor.name)
      } else if let used = tiedTensor(of: tensor.name) {
        // Then copies of tied weights: PyTorch's checkpoints name both the head and the embedding.
        // Such a copy is harmless as long as it is a copy.
        if try file.holdSameBytes(tensor.name, used) {
          // In a PyTorch checkpoint both views show one storage, so no byte is compared.
          report.ignored.append(tensor.name)
        } else {
          // One of the two was changed after training: which is right, no reader can know.
          report.disagreeing.append(.init(ignored: tensor.name, used: used))
        }
      } else {
        // A head of another task, or a parameter that this model forgot to ask for.
        report.unexpected.append(tensor.name)
      }
    }
  }

  /// The tensor that is used in the place of the one called `name`, when the two are tied.
  private func tiedTensor(of name: String) -> String? {
    // The alias may be spelled with prefix and wrapper too: `module.transformer.lm_head.weight`.
    let tie = rules.ties.first { tie in
      rules.spellings(of: tie.alias).contains { UTF8Key.equal($0, name) }
    }
    // The file's name of the tensor in use; `nil` if there is none.
    return tie.flatMap { resolved[UTF8Key($0.parameter)] }
  }
}

/// A parameter that a model asks a file for.
package struct ExpectedParameter: Equatable, Sendable {
  package let name: String
  package let shape: [Int]
  /// Whether the model cannot work without it; what is not required is newly initialized.
  package let isRequired: Bool

  package init(_ name: String, _ shape: [Int], isRequired: Bool = true) {
    // Required unless the model says otherwise; heads, which differ from task to task, are not.
    (self.name, self.shape, self.isRequired) = (name, shape, isRequired)
  }
}

/// How the names in a file relate to the names of a model.
public struct NameRules: Equatable, Sendable {
  /// Two names of one tensor.
  package struct Tie: Equatable, Sendable {
    /// The name that the model has no parameter for.
    package let alias: String
    /// The parameter that stands for both.
    package let parameter: String
  }

  /// What a name may begin with in the file, the model, or both: `transformer.` for GPT-2, `bert.`
  /// for BERT (LOAD-2).
  package let prefix: String
  /// Last parts of names of tensors that mean nothing: `attn.bias`, the causal mask (LOAD-3).
  package let ignoredSuffixes: [String]
  /// Names that are stored once (LOAD-4).
  package let ties: [Tie]

  /// By default the names are the same.
  package init(
    prefix: String = "", ignoredSuffixes: [String] = [],
    ties: [(alias: String, parameter: String)] = []
  ) {
    self.prefix = prefix
    self.ignoredSuffixes = ignoredSuffixes
    self.ties = ties.map { Tie(alias: $0.alias, parameter: $0.parameter) }
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
  func spellings(of name: String) -> [String] {
    // The order is the order of search: as the model has it, …
    var names = [name]
    if !prefix.isEmpty {
      // … then with the prefix taken off or put on, …
      let hasPrefix = name.utf8.starts(with: prefix.utf8)
      names.append(
        hasPrefix
          ? String(decoding: name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : prefix + name)
    }
    // … then each of these inside a wrapper, …
    names += Self.wrappers.flatMap { wrapper in names.map { wrapper + $0 } }
    return names + names.compactMap(Self.oldName)  // … and all of them by LayerNorm's old names
  }

  /// What TensorFlow, and the first checkpoints converted from it, called LayerNorm's parameters.
  private static func oldName(_ name: String) -> String? {
    // Only the last part, so that a module that happens to be called "beta" keeps its name. In
    // transformers: `key.replace("gamma", "weight")`, which has no such care.
    for (new, old) in [(".weight", ".gamma"), (".bias", ".beta")] where name.hasSuffix(new) {
      return name.dropLast(new.count) + old
    }
    return nil
  }

  /// Whether a tensor of that name means nothing. Whole parts count: `c_attn.bias` does not end
  /// with `attn.bias`.
  func ignores(_ name: String) -> Bool {
    ignoredSuffixes.contains { suffix in
      // A whole name, or what follows a period. From the end, byte by byte: `hasSuffix` would
      // compare characters, not bytes.
      UTF8Key.equal(name, suffix) || name.utf8.reversed().starts(with: ".\(suffix)".utf8.reversed())
    }
  }
}
