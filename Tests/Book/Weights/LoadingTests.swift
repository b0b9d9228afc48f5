import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxWeights

@Suite("Loading a model's parameters", .counted)
struct ParameterLoaderTests {
  private let rules = NameRules(
    prefix: "transformer.", ignoredSuffixes: ["attn.bias", "attn.masked_bias"],
    ties: [(alias: "lm_head.weight", parameter: "transformer.wte.weight")])
  private let parameters = [
    ExpectedParameter("transformer.wte.weight", [3, 2]),
    ExpectedParameter("transformer.h.0.attn.c_attn.bias", [2]),
    ExpectedParameter("score.weight", [2], isRequired: false),
  ]

  @Test
  func `LOAD-1 names and shapes as they are`() throws {
    let file = try checkpoint(["a": [2], "b": [1, 3]])
    let loader = try ParameterLoader(
      file, expecting: [.init("b", [1, 3]), .init("a", [2])])
    #expect(loader.report.isClean)
    #expect(loader.report.description == "")
    #expect(try loader.tensor("b")?.shape == [1, 3])
    var target: [Float] = [0, 0]
    #expect(try target.withUnsafeMutableBufferPointer { try loader.copy("a", to: $0) })
    #expect(target == [0, 1])
    #expect(try loader.tensor("c") == nil)
    #expect(try target.withUnsafeMutableBufferPointer { try loader.copy("c", to: $0) } == false)
  }

  @Test(arguments: [
    ("", ""), ("transformer.", ""), ("", "transformer."), ("transformer.", "transformer."),
  ])
  func `LOAD-2 the prefix may be in the file, the model, both or neither`(
    inFile: String, inModel: String
  ) throws {
    let file = try checkpoint([inFile + "wte.weight": [2], "head.weight": [1]])
    let loader = try ParameterLoader(
      file, expecting: [.init(inModel + "wte.weight", [2]), .init("head.weight", [1])], rules: rules
    )
    #expect(loader.report.isClean)
    #expect(try loader.tensor(inModel + "wte.weight")?.count == 2)
  }

  @Test
  func `LOAD-2 the model's own spelling comes first; the other is not used`() throws {
    let file = try checkpoint(["wte.weight": [2], "transformer.wte.weight": [2]])
    let loader = try ParameterLoader(file, expecting: [.init("wte.weight", [2])], rules: rules)
    #expect(loader.report.unexpected == ["transformer.wte.weight"])
  }

  @Test
  func `LOAD-8 old names of LayerNorm, and what training programs put before names`() throws {
    let file = try checkpoint([
      "module.transformer.ln.gamma": [2], "ln.beta": [1], "model.wte.weight": [3],
    ])
    let loader = try ParameterLoader(
      file, expecting: [.init("ln.weight", [2]), .init("ln.bias", [1]), .init("wte.weight", [3])],
      rules: rules)
    #expect(loader.report.isClean)
    for wrapper in ["_orig_mod.", "module._orig_mod.", "_orig_mod.module."] {
      let compiled = try checkpoint([
        wrapper + "transformer.ln.weight": [2], wrapper + "wte.weight": [3],
      ])
      let loader = try ParameterLoader(
        compiled, expecting: [.init("ln.weight", [2]), .init("wte.weight", [3])], rules: rules)
      #expect(loader.report.isClean, "\(wrapper)")
    }
    let both = try ParameterLoader(
      try checkpoint(["ln.weight": [1], "ln.gamma": [1]]), expecting: [.init("ln.weight", [1])])
    #expect(both.report.unexpected == ["ln.gamma"])
  }

  @Test
  func `LOAD-3 buffers are ignored by whole parts of their names`() throws {
    let file = try checkpoint([
      "wte.weight": [3, 2], "h.0.attn.c_attn.bias": [2], "h.0.attn.bias": [4],
      "h.0.attn.masked_bias": [], "h.1.attn.c_attn.bias": [2], "attn.bias": [1], "xattn.bias": [1],
    ])
    let report = try ParameterLoader(file, expecting: parameters, rules: rules).report
    #expect(Set(report.ignored) == ["h.0.attn.bias", "h.0.attn.masked_bias", "attn.bias"])
    #expect(Set(report.unexpected) == ["h.1.attn.c_attn.bias", "xattn.bias"])
  }

  @Test
  func `LOAD-3 a parameter may be read although its name would be ignored`() throws {
    let file = try checkpoint(["h.0.attn.bias": [4]])
    let loader = try ParameterLoader(file, expecting: [.init("h.0.attn.bias", [4])], rules: rules)
    #expect(try loader.tensor("h.0.attn.bias")?.count == 4)
    #expect(loader.report.ignored.isEmpty)
  }

  @Test
  func `LOAD-4 tied weights: stored once under either name, twice, or differently`() throws {
    let wanted = [ExpectedParameter("transformer.wte.weight", [3, 2])]
    for name in ["wte.weight", "transformer.wte.weight", "lm_head.weight"] {
      let loader = try ParameterLoader(
        try checkpoint([name: [3, 2]]), expecting: wanted, rules: rules)
      #expect(loader.report.isClean)
      #expect(try loader.tensor("transformer.wte.weight")?.elements == [0, 1, 2, 3, 4, 5])
    }
    let twice = try checkpoint(["wte.weight": [3, 2], "lm_head.weight": [3, 2]])
    let report = try ParameterLoader(twice, expecting: wanted, rules: rules).report
    #expect(report.isClean)
    #expect(report.ignored == ["lm_head.weight"])
    let differently = try checkpoint(["wte.weight": [3, 2], "lm_head.weight": [2, 3]])
    let other = try ParameterLoader(differently, expecting: wanted, rules: rules).report
    #expect(other.disagreeing == [.init(ignored: "lm_head.weight", used: "wte.weight")])
    #expect(!other.isClean)
  }

  @Test
  func `LOAD-5 the report in words`() throws {
    let file = try checkpoint([
      "wte.weight": [3, 2], "h.0.attn.c_attn.bias": [2], "score.weight": [5], "x": [1],
      "lm_head.weight": [1],
    ])
    let loader = try ParameterLoader(
      file, expecting: parameters + [.init("score.bias", [1], isRequired: false)], rules: rules)
    #expect(
      loader.report.mismatched == [.init(name: "score.weight", expected: [2], found: [5])])
    #expect(
      loader.report.description == """
        model.safetensors: Not used: "x"; expected when the file is from a model with other heads, \
        otherwise not. Missing and newly initialized: "score.bias"; train the model on its task \
        before you use it. Of another shape and newly initialized: "score.weight" ([2] expected, \
        [5] found). Tied by the model, but different in the file: "lm_head.weight" \
        ("wte.weight" is used).
        """)
    #expect(try loader.tensor("score.weight") == nil)
  }

  @Test
  func `LOAD-5 long lists are cut`() throws {
    let names = (0..<20).map { "x\($0 + 10)" }
    let file = try checkpoint(Dictionary(uniqueKeysWithValues: names.map { ($0, [1]) }))
    let report = try ParameterLoader(file, expecting: []).report
    #expect(report.unexpected == names)
    #expect(report.description.contains(#""x15" and 14 more; "#))
  }

  @Test
  func `LOAD-6 only what is required is fatal`() throws {
    let file = try checkpoint(["wte.weight": [4, 2], "model.layers.0": [1]])
    expectFault(
      "model.safetensors",
      found: """
        no "transformer.h.0.attn.c_attn.bias", "score.weight", another shape of \
        "transformer.wte.weight" ([3, 2] expected, [4, 2] found), "model.layers.0" instead
        """, expected: "the parameters of the model"
    ) { try ParameterLoader(file, expecting: parameters, rules: rules) }
  }

  @Test
  func `LOAD-6 a parameter that holds integers`() throws {
    let made = HandMade(dtype: #""I32""#)
    expectFault(HandMade.path, at: #"tensor "a""#, found: "I32", expected: "floating point") {
      try ParameterLoader(made.open(), expecting: [.init("a", [1])])
    }
    #expect(throws: Never.self) { try ParameterLoader(made.open(), expecting: []) }
  }

  /// A file of float32 tensors 0, 1, 2, …
  private func checkpoint(_ shapes: [String: [Int]]) throws -> SafeTensorsFile {
    try HandMade(floats: shapes).open(path: "model.safetensors")
  }
}
