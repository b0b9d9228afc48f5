import ArgumentParser
import Foundation
import FoxFiles
import FoxKernels
import FoxModels

/// One workload of `make bench`, timed in this process and printed as one JSON document.
///
/// The harness, `Benchmarks/bench.py`, runs this program and the reference in turn. Every workload
/// runs once to warm up, then `--runs` times; all times are printed, medians are the harness's.
@main
struct FoxBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "foxbench", abstract: "Time one workload and print the times as JSON.")

  @Argument(help: "What to time.")
  var workload: Workload
  @Option(help: "Folder of the model.") var model: String?
  @Option(help: "How the matrices are held: f32, bf16 or int8.") var precision = Precision.f32
  @Option(help: "The text to tokenize.") var text: String?
  @Option(help: "How often to run, after once to warm up.") var runs = 5
  @Option(help: "Rows of a training batch.") var batch = 8
  @Option(help: "Tokens of each row of a training batch.") var tokens = 256
  @Flag(help: "Texts of a BERT fill their batch, instead of about a fifth of it.") var full = false

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs must be at least 1") }
    if workload == .tokenize, text == nil { throw ValidationError("tokenize needs --text") }
    if workload != .read, model == nil { throw ValidationError("\(workload) needs --model") }
  }

  func run() throws {
    #if DEBUG
      throw ValidationError("a debug build says nothing about speed: swift build -c release")
    #else
      var timed = try prepare()
      _ = try timed.run()
      var seconds: [JSON] = []
      for _ in 0..<runs { seconds.append(.number(try timed.run())) }
      let document: [(String, JSON)] = [
        ("workload", .string(workload.rawValue)), ("unit", .string(timed.unit)),
        ("seconds", .array(seconds)), ("bytes", .integer(timed.bytes)),
        ("result", .array(timed.result().map { .integer($0) })),
        ("peak", .integer(peakMemory())), ("core", .string(BLASKernels.selected.running)),
        ("threads", .integer(BLAS.threads)),
      ]
      print(JSON.object(.init(document + timed.details())).text())
    #endif
  }

  private func prepare() throws -> TimedWork {
    Kernels.install()
    if workload == .read { return ReadWork() }
    let folder = model ?? ""
    if workload == .tokenize { return try TokenizeWork(folder: folder, path: text ?? "") }
    if workload == .bertEvaluation || workload == .bertTraining {
      let bert = try BERTModel.load(folder: folder).model
      return workload == .bertEvaluation
        ? BERTEvaluationWork(bert, full: full) : try BERTTrainingWork(bert, full: full)
    }
    let model = try GPT2Model.load(folder: folder, precision: precision).model
    switch workload {
    case .beam: return BeamWork(model)
    case .greedy: return GreedyWork(model)
    case .train: return try TrainingWork(model, batch: batch, tokens: tokens)
    case .prefillAll: return PrefillWork(model, rows: .all)
    case .prefillLast: return PrefillWork(model, rows: .last)
    case .productsAll: return ProductsWork(model, withHead: true)
    default: return ProductsWork(model, withHead: false)
    }
  }
}

/// The most memory this process had resident, mapped files included, in bytes; 0 where the system
/// does not say.
private func peakMemory() -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  return 1024 * (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
}

/// What can be timed.
enum Workload: String, ExpressibleByArgument {
  /// Five beams, 20 steps; seconds a step after the prompt.
  case beam
  /// 64 tokens, one at a time; seconds a token after the prompt.
  case greedy
  /// 512 tokens at once, logits of all.
  case prefillAll = "prefill-all"
  /// 512 tokens at once, logits of the last.
  case prefillLast = "prefill-last"
  /// The bare products of `prefill-all` with the weights: its floor.
  case productsAll = "products-all"
  /// Those of `prefill-last`.
  case productsLast = "products-last"
  /// A training step.
  case train
  /// A BERT's logits of 32 texts.
  case bertEvaluation = "bert-eval"
  /// A BERT's training step on them.
  case bertTraining = "bert-train"
  /// A text to ids, on one thread.
  case tokenize
  /// Reading 512 MB of memory on all threads: the bandwidth.
  case read
}

extension Precision: ExpressibleByArgument {}
