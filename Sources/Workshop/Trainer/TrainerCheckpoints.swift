import Foundation
import FoxDecoding
import FoxFiles
import FoxKernels
import FoxTraining

/// # Writing checkpoints, and going on from them
///
/// Adds to a run that it may end at any moment: a checkpoint holds everything that decides the next bit.
extension Trainer {
  private typealias File = TrainingCheckpoint

  private var folders: CheckpointFolders { CheckpointFolders(arguments.outputFolder) }

  /// The newest checkpoint that this run wrote or went on from.
  var lastCheckpoint: String? { progress.checkpoint }

  /// Writes a checkpoint, keeps account of the best one, and removes old ones.
  ///
  /// - Parameter metrics: Of an evaluation at this very step.
  func save(_ metrics: JSON.Object?) throws {
    if let bad = task.parameters.firstNonFiniteValue() {
      throw notFinite(.weight, Double(bad.value), samples: [])
    }
    storeOperations()
    takeBest(metrics)
    let places = gatherPlaces()
    let written = try ranks.first {
      let path = try folders.write(step: state.step) { folder in try write(to: folder, places) }
      // Of an earlier run in the same folder: this run has its own now.
      for stale in staleCheckpoints where stale != path { folders.remove(stale) }
      folders.rotate(limit: arguments.checkpointLimit, best: state.bestCheckpoint)
      return path
    }
    guard let path = written else { return }
    progress.checkpoint = path
    staleCheckpoints = []
    try emit(.save(path))
  }

  /// Decides whether an evaluation is the best so far.
  private func takeBest(_ metrics: JSON.Object?) {
    guard let key = arguments.bestMetricKey, let value = metrics?[key]?.measure else { return }
    if let best = state.bestMetric, state.bestCheckpoint != nil {
      guard arguments.greaterIsBetter == true ? value > best : value < best else { return }
    }
    state.bestMetric = value
    state.bestCheckpoint = "\(arguments.outputFolder)/checkpoint-\(state.step)"
  }

  /// What of a run's place differs from rank to rank.
  private struct Place {
    let generator: TorchGenerator
    let member: JSON

    /// The key of a rank's generator.
    static func key(_ rank: Int) -> String { rank == 0 ? "torch" : "torch.\(rank)" }
  }

  /// The place of each rank, told to all. SPEC `MPI-5`.
  private func gatherPlaces() -> [Place] {
    let own: JSON = [
      "drawn": .integer(generator.drawn), "running_loss": .number(Double(progress.runningLoss)),
    ]
    let members = ranks.gather(own.fileBytes).map { (try? JSON.parse($0)) ?? .null }
    return zip(ranks.gather(generator.torchState), members).map { state, member in
      let drawn = member["drawn"]?.integer ?? 0
      let generator = try? TorchGenerator(torchState: state, drawn: drawn)
      return Place(generator: generator ?? self.generator, member: member)
    }
  }

  private func write(to folder: String, _ places: [Place]) throws {
    try task.saveCompanions(to: folder)
    try File.writeWeights(task.parameters, to: "\(folder)/\(File.weightsName)")
    try File.writeOptimizer(
      adamW, task.parameters, hasGradients: progress.leftOver > 0,
      to: "\(folder)/\(File.optimizerName)")
    try File.writeGenerators(
      places.enumerated().map { (Place.key($0), $1.generator) }
        + [("sampler", order?.sampler ?? generator)],
      to: "\(folder)/\(File.generatorName)")
    try AtomicFile.write(state.json.fileBytes, to: "\(folder)/\(File.trainerStateName)")
    try AtomicFile.write(runState(places).fileBytes, to: "\(folder)/\(File.stateName)")
  }

  /// What `run_state.json` holds.
  private func runState(_ places: [Place]) -> JSON {
    let seed = JSON.integer(Int(clamping: arguments.seed))
    return [
      "format": .integer(File.format), "epoch": .integer(progress.epoch),
      "batch": .integer(progress.batch), "left_over": .integer(progress.leftOver),
      "stops_training": .bool(control.stopsTraining), "optimizer_steps": .integer(adamW.steps),
      "running_loss": .number(Double(progress.runningLoss)),
      "total_loss": .number(progress.totalLoss), "logged_step": .integer(progress.loggedStep),
      "seconds": .number(seconds), "drawn": .integer(generator.drawn),
      "sampler_drawn": .integer(order?.sampler.drawn ?? 0),
      // Seeded and never drawn from by the reference's Trainer.
      "numpy_seed": seed, "python_seed": seed,
      "ranks": isShared ? .array(places.map(\.member)) : .null,
      "callbacks": .array(callbacks.compactMap(\.saved)),
      "identity": .object(.init(identity)), "settings": .object(.init(settings)),
      "machine": .object(.init(Self.machine)),
    ]
  }

  /// Takes a checkpoint's place in the run.
  ///
  /// - Throws: `Fault`; for a damaged file it names the last checkpoint that can be read (`CKPT-12`).
  func resume(from folder: String) throws {
    do { try takePlace(of: folder) } catch var fault as Fault {
      // What the checkpoint as a whole is, another run's, is no damage: its subject is the folder.
      // One of another version is whole, too.
      guard fault.subject.hasPrefix("\(folder)/"), fault.place != "format",
        let step = CheckpointFolders.step(Folder.split(folder).name)
      else { throw fault }
      if let cause = Diagnosis.of(fault.description) { fault = cause }
      let others = folders.all().filter { $0.step < step }.map(\.path)
      fault.hint =
        others.last(where: File.isReadable).map {
          "the checkpoint is damaged; go on from the last good one with the setting "
            + "resume_from_checkpoint=\($0)"
        } ?? "the checkpoint is damaged, and there is no earlier one; remove it to begin anew"
      throw fault
    }
  }

  private func takePlace(of folder: String) throws {
    let run = RunState(json: try JSON.read(path: "\(folder)/\(File.stateName)"), folder: folder)
    let format = try run.count("format")
    if format != File.format {
      throw Fault(
        run.path, at: "format", found: "\(format)", expected: "\(File.format)",
        hint: "it is of another version of this package")
    }
    // One process that goes on where ranks ended takes samples as they do.
    isShared = ranks.areMany || run.json["identity"]?["ranks"]?.integer != nil
    let change = try RanksChange(
      then: run.json["identity"], now: identity, samples: task.trainingSamples, folder: folder)
    try compare(run.json, folder: folder, besides: change)
    progress = try Progress(run, checkpoint: folder)
    progress.batch = change?.batch(progress.batch) ?? progress.batch
    let source = change?.source(of: ranks.rank) ?? ranks.rank
    var drawn = try run.count("drawn")
    if isShared {
      (drawn, progress.runningLoss) = try run.place(of: source)
      if change != nil { progress.runningLoss = try run.meanRunningLoss() }
    }
    try resumeState(folder)
    try checkPlace(run)
    control.stopsTraining = try run.flag("stops_training")
    try File.readWeights(task.parameters, from: "\(folder)/\(File.weightsName)")
    try File.readOptimizer(
      adamW, task.parameters, hasGradients: progress.leftOver > 0,
      from: "\(folder)/\(File.optimizerName)")
    adamW.steps = try run.count("optimizer_steps")
    let generators = "\(folder)/\(File.generatorName)"
    generator = try File.readGenerator(Place.key(source), drawn: drawn, from: generators)
    order = SampleOrder(
      BatchOrder(
        samples: task.trainingSamples, batchSize: arguments.trainingBatchSize,
        sampler: try File.readGenerator(
          "sampler", drawn: run.count("sampler_drawn"), from: generators)),
      grouping: grouping, share: share)
    for saved in run.json["callbacks"]?.array ?? [] {
      for callback in callbacks { callback.restore(saved) }
    }
    if let change { note("\(folder): \(change.sentence)") }
    note("resuming from \(folder): step \(state.step) of \(state.maximumSteps)")
  }

  private func resumeState(_ folder: String) throws {
    let path = "\(folder)/\(File.trainerStateName)"
    let (steps, epochs) = (state.maximumSteps, state.epochs)
    state = try TrainerState(JSON.read(path: path), path: path)
    (state.maximumSteps, state.epochs) = (steps, epochs)
  }

  /// Refuses a place that this run does not have: a damaged number, which would end the run at once, let
  /// it go on for ever, or overflow.
  private func checkPlace(_ run: RunState) throws(Fault) {
    guard let plan else { return }
    // Batches of two epochs may wait for a step, no more.
    for (key, most) in [
      ("epoch", plan.epochs), ("left_over", 2 * plan.batches),
      ("logged_step", state.step), ("optimizer_steps", state.step),
      ("drawn", Self.mostDrawn), ("sampler_drawn", Self.mostDrawn),
    ] {
      let count = try run.count(key)
      if count > most { throw run.outside(key, count, "at most \(most)") }
    }
    if progress.batch > plan.batches {
      throw run.outside("batch", progress.batch, "at most \(plan.batches)")
    }
    if state.step > plan.steps {
      throw Fault(
        "\(run.folder)/\(File.trainerStateName)", at: "global_step", found: "\(state.step)",
        expected: "at most the run's \(counted(plan.steps, "step"))")
    }
    // The corrections of AdamW's means go by it.
    let steps = try run.count("optimizer_steps")
    if steps != state.step { throw run.outside("optimizer_steps", steps, "\(state.step)") }
  }

  /// No run draws so many numbers; beyond it they could not be counted.
  private static var mostDrawn: Int { 1 << 60 }

  /// Refuses a checkpoint of another run, and reports what differs without harm.
  ///
  /// - Parameter change: What may differ, because another number of ranks goes on.
  private func compare(_ run: JSON, folder: String, besides change: RanksChange?) throws {
    func words(_ value: JSON?) -> String { value.map { Arguments.shown($0) } ?? "nothing" }
    for (key, value) in identity
    where run["identity"]?[key] ?? .null != value && !(change?.covers(key) ?? false) {
      throw Fault.otherRun(
        checkpoint: folder, key: key, then: words(run["identity"]?[key]), now: words(value))
    }
    for (key, value) in settings where run["settings"]?[key] != value {
      note(
        "\(folder): \(key) was \(words(run["settings"]?[key])) and is \(words(value)) now; "
          + "the weights do not depend on it")
    }
    // Checkpoints of earlier versions do not have it.
    for (key, value) in Self.machine {
      guard let then = run["machine"]?[key], then != value else { continue }
      note(
        "\(folder): \(key) was \(words(then)) and is \(words(value)) now; sums may be rounded "
          + "otherwise, so the last digits can differ from those of a run that was not stopped")
    }
  }

  /// The checkpoints that this run replaces: all when it starts from scratch, else those ahead of it.
  func findStaleCheckpoints(from step: Int?) {
    staleCheckpoints = folders.all().filter { $0.step > step ?? -1 }.map(\.path)
  }

  /// Puts the weights of the best checkpoint into the model.
  func loadBest() throws {
    guard arguments.loadsBestModel, let best = state.bestCheckpoint else { return }
    // The output folder may be a copy of the one that the checkpoint was written to, which other runs
    // may use meanwhile.
    let here = "\(arguments.outputFolder)/\(Folder.split(best).name)"
    let folder = FileManager.default.fileExists(atPath: here) ? here : best
    try File.readWeights(task.parameters, from: "\(folder)/\(File.weightsName)")
    note("best model: \(folder) (\(arguments.bestMetricKey ?? "") \(state.bestMetric ?? .nan))")
  }

  /// Writes the model, its companions and the state of the run to the output folder: what
  /// transformers loads. SPEC `TRAIN-8`.
  ///
  /// - Throws: What files throw; ``NonFinite`` for a weight that is not finite.
  package func saveModel() throws {
    if let bad = task.parameters.firstNonFiniteValue() {
      throw notFinite(.weight, Double(bad.value), samples: [])
    }
    if !ranks.isFirst { return }
    let folder = arguments.outputFolder
    try Folder.create(folder)
    try File.writeWeights(task.parameters, to: "\(folder)/\(File.weightsName)")
    try task.saveCompanions(to: folder)
    try AtomicFile.write(state.json.fileBytes, to: "\(folder)/\(File.trainerStateName)")
  }
}

/// The members of a `run_state.json`, checked one by one.
private struct RunState {
  let json: JSON
  let folder: String

  var path: String { "\(folder)/\(TrainingCheckpoint.stateName)" }

  func count(_ key: String) throws(Fault) -> Int {
    guard let value = json[key]?.integer, value >= 0 else { throw wrong(key) }
    return value
  }

  func number(_ key: String) throws(Fault) -> Double {
    guard let value = json[key]?.double else { throw wrong(key) }
    return value
  }

  func flag(_ key: String) throws(Fault) -> Bool {
    guard let value = json[key]?.bool else { throw wrong(key) }
    return value
  }

  private func wrong(_ key: String) -> Fault { .damaged(path, key) }

  /// Draws and running loss of a rank.
  func place(of rank: Int) throws(Fault) -> (drawn: Int, runningLoss: Float) {
    guard let ranks = json["ranks"]?.array, ranks.indices.contains(rank),
      let drawn = ranks[rank]["drawn"]?.integer, (0...1 << 60).contains(drawn),
      let loss = ranks[rank]["running_loss"]?.double
    else { throw wrong("ranks") }
    return (drawn, Float(loss))
  }

  /// The mean of all ranks' running losses: what the next log shows stays the same.
  func meanRunningLoss() throws(Fault) -> Float {
    let count = json["ranks"]?.array?.count ?? 0
    var sum: Float = 0
    for rank in 0..<count { sum += try place(of: rank).runningLoss }
    return sum / Float(max(count, 1))
  }

  /// A count that the run cannot have.
  func outside(_ key: String, _ count: Int, _ expected: String) -> Fault {
    Fault(path, at: key, found: "\(count)", expected: expected, hint: "the file is damaged")
  }
}

extension Trainer.Progress {
  /// The place that a checkpoint was written at.
  fileprivate init(_ run: RunState, checkpoint: String) throws(Fault) {
    self.init()
    epoch = try run.count("epoch")
    batch = try run.count("batch")
    leftOver = try run.count("left_over")
    runningLoss = Float(try run.number("running_loss"))
    totalLoss = try run.number("total_loss")
    loggedStep = try run.count("logged_step")
    seconds = try run.number("seconds")
    self.checkpoint = checkpoint
  }
}
