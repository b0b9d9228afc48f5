import Foundation
import FoxFiles
import FoxWeights
import TestSupport
import Testing

@testable import FoxFormats

@Suite("A model's folder", .counted)
struct ModelFolderTests {
  @Test
  func `LOAD-7 model.safetensors comes first, then the others in their order`() throws {
    try Places.withTemporaryFolder { folder in
      let arrays = try Data(
        contentsOf: URL(fileURLWithPath: Places.golden("checkpoints/formats/arrays.npz")))
      let torch = try Data(
        contentsOf: URL(fileURLWithPath: Places.golden("checkpoints/formats/gpt2.bin")))
      try arrays.write(to: folder.appendingPathComponent("model.npz"))
      #expect(try Checkpoint(folder: folder.path).format == .npz)
      try torch.write(to: folder.appendingPathComponent("pytorch_model.bin"))
      #expect(try Checkpoint(folder: folder.path).format == .torchZip)
      try SafeTensorsFile.write([], to: folder.appendingPathComponent("model.safetensors").path)
      #expect(try Checkpoint(fileOrFolder: folder.path).format == .safetensors)
      #expect(try Checkpoint(folder: folder.path).tensors.isEmpty)
    }
  }

  @Test(arguments: [
    ("tf_model.h5", "weights of TensorFlow"), ("flax_model.msgpack", "weights of Flax"),
  ])
  func `LOAD-7 other formats are named, and how to convert them`(name: String, weights: String)
    throws
  {
    try Places.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data().write(to: file)
      let fault = fault { try Checkpoint(folder: folder.path) }
      #expect(fault?.subject == file.path)
      #expect(fault?.found == weights)
      #expect(fault?.hint?.contains("save_pretrained") == true)
    }
  }

  @Test
  func `LOAD-7 nothing there`() throws {
    try Places.withTemporaryFolder { folder in
      expectFault(
        folder.path, found: "no weights", expected: "model.safetensors or pytorch_model.bin"
      ) { try Checkpoint(folder: folder.path) }
      let absent = folder.path + "/absent"
      #expect(throws: Fault.fileMissing(path: absent)) {
        try Checkpoint(folder: absent)
      }
      #expect(throws: Fault.fileMissing(path: absent)) {
        try Checkpoint(fileOrFolder: absent)
      }
    }
  }
}
