import Foundation
import FoxDecoding
import FoxFiles
import FoxFormats
import FoxKernels
import FoxModels
import FoxTraining

/// # The files of a checkpoint
///
/// What they hold, and how they are read and written: safetensors and JSON, nothing that could run.
///
/// `model.safetensors`, the task's `config.json` and tokenizer; `optimizer.safetensors` with
/// `exp_avg.NAME`, `exp_avg_sq.NAME` and, between steps, `gradient.NAME`; `rng_state.safetensors` with
/// the bytes of `torch.get_rng_state()` of the global generator and the sampler's;
/// `trainer_state.json` as transformers writes it; `run_state.json` with the rest. SPEC `CKPT-1`.
enum TrainingCheckpoint {
  static let stateName = "run_state.json"
  static let trainerStateName = "trainer_state.json"
  static let optimizerName = "optimizer.safetensors"
  static let generatorName = "rng_state.safetensors"
  static let weightsName = SafeTensorsFile.standardName
  static let format = 1

  // MARK: - Writing

  /// Writes the values of all parameters.
  static func writeWeights(_ parameters: Parameters, to path: String) throws {
    try SafeTensorsFile.write(tensors("", parameters.values, parameters), to: path)
  }

  /// Writes the moments and, when there are any, the gradients that the next step goes on from.
  static func writeOptimizer(
    _ optimizer: AdamW, _ parameters: Parameters, hasGradients: Bool, to path: String
  ) throws {
    var list = tensors("exp_avg.", optimizer.firstMoments, parameters)
    list += tensors("exp_avg_sq.", optimizer.secondMoments, parameters)
    if hasGradients { list += tensors("gradient.", parameters.gradients, parameters) }
    try SafeTensorsFile.write(list, to: path)
  }

  private static func tensors(
    _ prefix: String, _ buffer: FloatBuffer, _ parameters: Parameters
  ) -> [OutgoingTensor] {
    parameters.entries.map { entry in
      let bytes = UnsafeRawBufferPointer(
        start: buffer.pointer + entry.range.lowerBound,
        count: entry.range.count * MemoryLayout<Float>.stride)
      return OutgoingTensor(prefix + entry.name, .f32, entry.shape, bytes: bytes)
    }
  }

  /// Writes the states of generators by their names.
  static func writeGenerators(
    _ generators: [(name: String, generator: TorchGenerator)], to path: String
  ) throws {
    let states = generators.flatMap { $0.generator.torchState }
    try states.withUnsafeBytes { bytes in
      let size = TorchGenerator.stateSize
      let tensors = generators.enumerated().map { index, element in
        OutgoingTensor(
          element.name, .u8, [size],
          bytes: UnsafeRawBufferPointer(rebasing: bytes[index * size..<(index + 1) * size]))
      }
      try SafeTensorsFile.write(tensors, to: path)
    }
  }

  // MARK: - Reading

  /// Whether all files of a checkpoint are whole.
  static func isReadable(_ folder: String) -> Bool {
    do {
      for name in [stateName, trainerStateName] { _ = try JSON.read(path: "\(folder)/\(name)") }
      for name in [weightsName, optimizerName, generatorName] {
        _ = try SafeTensorsFile(path: "\(folder)/\(name)")
      }
      return true
    } catch {
      return false
    }
  }

  /// Reads the values of all parameters.
  static func readWeights(_ parameters: Parameters, from path: String) throws {
    try read("", into: parameters.values, parameters, SafeTensorsFile(path: path))
  }

  /// Reads the moments, and the gradients when there are any.
  static func readOptimizer(
    _ optimizer: AdamW, _ parameters: Parameters, hasGradients: Bool, from path: String
  ) throws {
    let file = try SafeTensorsFile(path: path)
    try read("exp_avg.", into: optimizer.firstMoments, parameters, file)
    try read("exp_avg_sq.", into: optimizer.secondMoments, parameters, file)
    if hasGradients { try read("gradient.", into: parameters.gradients, parameters, file) }
  }

  private static func read(
    _ prefix: String, into buffer: FloatBuffer, _ parameters: Parameters, _ file: SafeTensorsFile
  ) throws {
    for entry in parameters.entries {
      let name = prefix + entry.name
      let found = try file.info(name)
      if found.shape != entry.shape {
        throw Fault(
          file.path, at: name, found: "\(found.shape)", expected: "\(entry.shape)",
          hint: "it is of another model")
      }
      try file.copyTensor(
        named: name,
        to: UnsafeMutableBufferPointer(
          start: buffer.pointer + entry.range.lowerBound, count: entry.range.count))
    }
  }

  /// Reads the state of a generator; `drawn` is what it does not tell.
  static func readGenerator(
    _ name: String, drawn: Int, from path: String
  ) throws -> TorchGenerator {
    let file = try SafeTensorsFile(path: path)
    let bytes = try file.storedBytes(of: file.info(name)).withBytes { Array($0) }
    do {
      return try TorchGenerator(torchState: bytes, drawn: drawn)
    } catch {
      throw Fault(path, at: name, found: "\(error)", expected: "the state of a generator")
    }
  }
}
