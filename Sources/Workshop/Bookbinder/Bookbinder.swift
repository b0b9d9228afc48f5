import Foundation
import FoxContract
import FoxDecoding
import FoxPages

/// `foxbook`: writes the Book as pages, with the proof of one run of the tests. `make book` runs it.
///
///     foxbook --events FILE --out FOLDER [--package FOLDER] [--verification FILE] [--report NAME]
///             [--allow-gaps]
///
/// Exit codes: 0 written; 1 a clause is not verified, or a file cannot be read or written; 64 wrong usage.
@main
enum Bookbinder {
  static func main() {
    do {
      let options = try Options(CommandLine.arguments.dropFirst())
      try bind(options)
    } catch let fault as Fault {
      stop("\(fault)", fault.subject == "foxbook" ? 64 : 1)
    } catch {
      stop("\(error)", 1)
    }
  }

  private static func bind(_ options: Options) throws {
    let site = try Site(
      package: options.package, run: TestRun(events: options.events),
      verification: options.verification.map { try Verification(path: $0) }, report: options.report)
    let gaps = site.gaps
    for gap in gaps { say("gap: \(gap)") }
    if !gaps.isEmpty, !options.allowsGaps {
      stop(
        "\(gaps.count) \(gaps.count == 1 ? "gap" : "gaps"): the book is not built. "
          + "With --allow-gaps it is, and shows them.", 1)
    }
    let files = try site.files()
    try FileManager.default.createDirectory(at: options.out, withIntermediateDirectories: true)
    for (name, text) in files {
      try Data(text.utf8).write(to: options.out.appendingPathComponent(name))
    }
    // The report's pages lie beside them.
    for page in try Site.tooLarge(in: options.out) { stop(page, 1) }
    let largest = files.max { $0.text.utf8.count < $1.text.utf8.count }
    print(
      "\(files.count) files; the largest is \(largest?.name ?? "") with "
        + "\((largest?.text.utf8.count ?? 0) / 1000) KB; begin with "
        + options.out.appendingPathComponent("index.html").path)
  }

  private static func say(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  private static func stop(_ text: String, _ status: Int32) -> Never {
    say("foxbook: \(text)")
    exit(status)
  }
}

/// What the command line asks for.
private struct Options {
  var events = ""
  var out = URL(fileURLWithPath: "book")
  var package = URL(fileURLWithPath: ".")
  var verification: String?
  var report: String?
  var allowsGaps = false

  init(_ arguments: ArraySlice<String>) throws(Fault) {
    var rest = arguments
    while let name = rest.popFirst() {
      if name == "--allow-gaps" {
        allowsGaps = true
        continue
      }
      guard let value = rest.popFirst() else {
        throw Fault("foxbook", at: name, found: "nothing", expected: "a value")
      }
      switch name {
      case "--events": events = value
      case "--out": out = URL(fileURLWithPath: value)
      case "--package": package = URL(fileURLWithPath: value)
      case "--verification": verification = value
      case "--report": report = value
      default: throw Fault("foxbook", found: name, expected: "--events, --out, --package, …")
      }
    }
    if events.isEmpty {
      throw Fault("foxbook", found: "no --events", expected: "--events FILE of a test run")
    }
  }
}
