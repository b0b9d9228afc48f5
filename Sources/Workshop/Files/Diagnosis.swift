import Foundation
import FoxDecoding
import FoxWeights

/// # What a failure comes from
///
/// A reader says which byte it did not expect. The cause is often the whole file: a web page, nothing
/// at all, the folder of an adapter. SPEC `CLI-23`.
package enum Diagnosis {
  /// What to tell of an error: what the file is, unless the error says so itself and knows better what
  /// to do.
  package static func message(of error: any Error & CustomStringConvertible) -> String {
    let fault = error as? Fault
    // What could not be written was not read: its content is not the cause.
    guard fault?.expected != Fault.writable, let cause = of(error.description),
      fault?.found != cause.found
    else { return error.description }
    return cause.description
  }

  /// The fault of the file or folder that a message begins with, when that is one of a foreign kind.
  ///
  /// Messages begin with what they are about (`FAULT-1`), so this serves the errors of all readers.
  package static func of(_ message: String) -> Fault? {
    for end in message.indices where message[end] == ":" || message[end] == "," {
      let path = String(message[..<end])
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
      if isFolder.boolValue { return adapter(path) }
      return ForeignFile(refused: path)?.fault(path) ?? adapter(Folder.split(path).folder)
    }
    return adapter(ofMissing: message)
  }

  /// A file that is missing in the folder of an adapter: its model is elsewhere.
  private static func adapter(ofMissing message: String) -> Fault? {
    guard let end = message.firstIndex(where: { $0 == ":" || $0 == "," }) else { return nil }
    return adapter(Folder.split(String(message[..<end])).folder)
  }

  private static func adapter(_ folder: String) -> Fault? {
    let path = "\(folder)/adapter_config.json"
    guard !folder.isEmpty, FileManager.default.fileExists(atPath: path),
      !FileManager.default.fileExists(atPath: "\(folder)/config.json")
    else { return nil }
    let base = (try? JSON.read(path: path))?["base_model_name_or_path"]?.string
    return Fault(
      folder, found: "an adapter (PEFT)\(base.map { " of \(shown($0))" } ?? "")",
      expected: "a whole model",
      hint: "merge it in Python: PeftModel….merge_and_unload().save_pretrained(folder)")
  }
}
