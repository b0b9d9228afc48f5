import Foundation
import FoxFiles
import FoxKernels
import FoxModels
import FoxSearch
import FoxTries

/// Something to time.
protocol TimedWork {
  /// What one of the printed times stands for.
  var unit: String { get }
  /// The bytes that must be read from memory in that time.
  var bytes: Int { get }
  /// Does it once; returns seconds for one unit.
  mutating func run() throws -> Double
  /// What came out, for comparing with the peer.
  func result() -> [Int]
  /// What else the harness wants to know; computed after the timing.
  func details() -> [(String, JSON)]
}

extension TimedWork {
  func details() -> [(String, JSON)] { [] }
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  return try clock.measure(body) / .seconds(1)
}

/// The prompts, which the peer uses too.
enum Prompt {
  /// "The brown fox jumps"
  static let short = [464, 7586, 21831, 18045]
  /// 512 ids all over the vocabulary.
  static func long(_ model: GPT2Model) -> [Int] {
    (0..<512).map { ($0 * 7919 + 13) % model.configuration.vocabularySize }
  }
}

struct BeamWork: TimedWork {
  let unit = "step"
  let model: GPT2Model
  private var ids: [Int] = []
  private static let steps = 20

  init(_ model: GPT2Model) { self.model = model }

  var bytes: Int { model.byteCount }

  mutating func run() throws -> Double {
    let clock = ContinuousClock()
    var start = clock.now
    let search = try BeamSearch(beams: 5, steps: Self.steps)
    let found = try search.run(Prompt.short, on: model) { step in
      if step == 1 { start = clock.now }
      return true
    }
    let time = (clock.now - start) / .seconds(1)
    ids = found.beams.flatMap(\.ids)
    return time / Double(Self.steps - 1)
  }

  func result() -> [Int] { ids }
}

struct GreedyWork: TimedWork {
  let unit = "token"
  let model: GPT2Model
  private var ids: [Int] = []
  private static let tokens = 64

  init(_ model: GPT2Model) { self.model = model }

  var bytes: Int { model.byteCount }

  mutating func run() throws -> Double {
    let clock = ContinuousClock()
    let session = GPT2Session(model: model, reserving: Prompt.short.count + Self.tokens)
    ids = Prompt.short
    ids.append(best(try session.advance([ids])))
    let start = clock.now
    for _ in 1..<Self.tokens { ids.append(best(try session.advance([Array(ids.suffix(1))]))) }
    return (clock.now - start) / .seconds(1) / Double(Self.tokens - 1)
  }

  private func best(_ logits: Tensor) -> Int {
    Operations.current.largest(logits.pointer, logits.count)
  }

  func result() -> [Int] { ids }
}

struct PrefillWork: TimedWork {
  let unit = "prompt of 512"
  let model: GPT2Model
  let rows: GPT2Session.LogitRows
  private var best = -1

  init(_ model: GPT2Model, rows: GPT2Session.LogitRows) { (self.model, self.rows) = (model, rows) }

  var bytes: Int { model.byteCount }

  mutating func run() throws -> Double {
    let prompt = Prompt.long(model)
    let columns = model.configuration.vocabularySize
    return try seconds {
      let session = GPT2Session(model: model, reserving: 512)
      let logits = try session.advance([prompt], logits: rows)
      let last = logits.pointer + logits.count - columns
      best = Operations.current.largest(last, columns)
    }
  }

  func result() -> [Int] { [best] }
}

/// The weight products of a prefill, without anything else.
struct ProductsWork: TimedWork {
  let unit = "products of 512 rows"
  let model: GPT2Model
  private let x: FloatBuffer
  private let y: FloatBuffer
  private let head: [Linear]

  init(_ model: GPT2Model, withHead: Bool) {
    self.model = model
    head = withHead ? [model.head] : []
    let widest = max(3 * model.configuration.channels, model.configuration.innerChannels)
    x = FloatBuffer(count: 512 * widest)
    y = FloatBuffer(count: 512 * (withHead ? model.head.outputs : widest))
    for index in 0..<x.count { x.pointer[index] = Float(index % 251) / 251 - 0.5 }
  }

  var bytes: Int { model.byteCount }

  mutating func run() -> Double {
    let blocks = model.body.blocks.map { ($0.attention.branch, $0.feedForward.branch) }
    let layers = blocks.flatMap { $0.inputs + [$0.output, $1.input, $1.output] } + head
    return seconds {
      for layer in layers {
        Matrix(y.pointer, 512, layer.outputs).product(
          Matrix(x.pointer, 512, layer.inputs), layer.w)
      }
    }
  }

  func result() -> [Int] { [] }
}

struct TokenizeWork: TimedWork {
  let unit = "text"
  let folder: String
  let text: String
  private var count = 0

  init(folder: String, path: String) throws {
    self.folder = folder
    text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  var bytes: Int { text.utf8.count }

  mutating func run() throws -> Double {
    // A fresh one: it would remember the words of the run before.
    let tokenizer = try AnyTokenizer.load(folder: folder)
    return try seconds { count = try tokenizer.encodeIDs(text).count }
  }

  func result() -> [Int] { [count] }
}

/// Reads memory as fast as it comes: a product of one row with a matrix of 512 MB.
struct ReadWork: TimedWork {
  let unit = "512 MB"
  let bytes = 512 << 20
  private let memory = Tensor(shape: [1 << 17, 1 << 10]) {
    for index in 0..<1 << 27 { $0[index] = Float(index & 1023) }
  }

  mutating func run() -> Double {
    let x = FloatBuffer(count: 1 << 10)
    let y = FloatBuffer(count: 1 << 17)
    return seconds {
      Operations.current.linear(
        Matrix(x, 1, 1 << 10), Weight(memory).factor.t, nil, Matrix(y, 1, 1 << 17))
    }
  }

  func result() -> [Int] { [] }
}
