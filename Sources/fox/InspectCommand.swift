import ArgumentParser
import Bytes
import Checkpoints
import Foundation

/// `fox inspect`: what a checkpoint holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "List the tensors and metadata of a safetensors file.",
    discussion: "A folder stands for the model.safetensors in it.")

  @Argument(help: "The file.") var file: String
  @Flag(name: .customLong("sha256"), help: "Compute the file's SHA-256 too.") var hash = false
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    if file.isEmpty { throw ValidationError("FILE is empty; expected a path") }
  }

  func run() throws {
    try reportingFailures {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: file, isDirectory: &isFolder)
      let checkpoint =
        try isFolder.boolValue ? SafeTensorsFile(folder: file) : SafeTensorsFile(path: file)
      let digest = hash ? try SHA256.hash(of: MappedFile(path: checkpoint.path)).hexadecimal : nil
      if json {
        try Output.json(document(checkpoint, digest))
      } else {
        try printTable(checkpoint, digest)
      }
    }
  }

  private func document(_ checkpoint: SafeTensorsFile, _ digest: String?) -> JSON {
    var object = JSON.Object([
      ("file", .string(checkpoint.path)), ("format", "safetensors"),
      ("bytes", .integer(checkpoint.byteCount)),
      (
        "metadata",
        .object(.init(checkpoint.metadata.map { ($0.key, .string($0.value)) }))
      ),
      (
        "tensors",
        .array(
          checkpoint.tensors.map { tensor in
            [
              "name": .string(tensor.name), "dtype": .string(tensor.dtype.rawValue),
              "shape": .array(tensor.shape.map { .integer($0) }),
              "bytes": .integer(tensor.byteRange.count),
              "offset": .integer(tensor.byteRange.lowerBound),
            ]
          })
      ),
    ])
    if let digest { object["sha256"] = .string(digest) }
    return .object(object)
  }

  private func printTable(_ checkpoint: SafeTensorsFile, _ digest: String?) throws {
    let width = checkpoint.tensors.map(\.name.count).max() ?? 0
    var table = ""
    for tensor in checkpoint.tensors {
      let name = Output.visible(tensor.name)
      let padding = String(repeating: " ", count: max(0, width - name.count))
      table += "\(name)\(padding)  \(tensor.dtype.rawValue)  \(tensor.shape)  "
      table += "\(tensor.byteRange.count) bytes\n"
    }
    let elements = checkpoint.tensors.reduce(0) { $0 + $1.count }
    table += "\(checkpoint.tensors.count) tensors, \(elements) elements, "
    table += "\(checkpoint.byteCount) bytes\n"
    for (key, value) in checkpoint.metadata {
      table += "metadata \(Output.visible(key)): \(Output.visible(value))\n"
    }
    if let digest { table += "sha256 \(digest)\n" }
    try Output.write(table)
  }
}
