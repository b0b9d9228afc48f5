import Foundation
import FoxFiles

/// A headless Chromium with one page, driven by its DevTools protocol over two pipes: JSON documents
/// that end with a zero byte, no socket and no library.
package final class Chromium {
  /// What went wrong with the browser itself.
  package struct Failure: Error, CustomStringConvertible {
    /// In words.
    package let description: String
  }

  private let process = Process()
  private let (input, output) = (Pipe(), Pipe())
  private let folder: URL
  private var buffer: [UInt8] = []
  private var lastID = 0
  private var session: String?
  /// Errors of the console, exceptions and violations of the content policy, as they came.
  package private(set) var errors: [String] = []
  private var loaded = false

  /// Opens a page with a document and runs `body` with it.
  package static func open(
    _ html: [UInt8], width: Int = 1280, height: Int = 900, isDark: Bool = false,
    _ body: (Chromium) throws -> Void
  ) throws {
    try Places.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("page.html")
      try Data(html).write(to: file)
      try run { browser in
        try browser.open(file, width: width, height: height, isDark: isDark)
        try body(browser)
      }
    }
  }

  /// Runs `body` with a browser that has no page yet.
  package static func run(_ body: (Chromium) throws -> Void) throws {
    try Places.withTemporaryFolder { folder in
      let browser = try Chromium(folder)
      defer { browser.close() }
      try browser.attach()
      try body(browser)
    }
  }

  /// Opens the page in a file, in a window of some size.
  package func open(_ file: URL, width: Int, height: Int = 900, isDark: Bool = false) throws {
    try size(width: width, height: height)
    try media(isDark: isDark)
    try navigate(to: file)
  }

  private init(_ folder: URL) throws {
    self.folder = folder
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    // The protocol is on descriptors 3 and 4; Process has pipes for 0 and 1.
    process.arguments = [
      "-c",
      """
      exec chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
      --no-first-run --disable-extensions --force-color-profile=srgb --hide-scrollbars \
      --user-data-dir="$0/profile" --remote-debugging-pipe about:blank \
      3<&0 4>&1 </dev/null >/dev/null 2>"$0/log"
      """, folder.path,
    ]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  private func close() {
    _ = try? send("Browser.close", session: false)
    try? input.fileHandleForWriting.close()
    for _ in 0..<100 where process.isRunning { usleep(50_000) }
    if process.isRunning { process.terminate() }
  }

  private func attach() throws {
    let targets = try send("Target.getTargets", session: false)["targetInfos"]?.array ?? []
    guard let page = targets.first(where: { $0["type"]?.string == "page" })?["targetId"]?.string
    else { throw Failure(description: "no page: \(log)") }
    let attached = try send(
      "Target.attachToTarget", ["targetId": .string(page), "flatten": true], session: false)
    session = attached["sessionId"]?.string
    for domain in ["Page", "Runtime", "Log"] { try send("\(domain).enable") }
  }

  private var log: String {
    (try? String(contentsOf: folder.appendingPathComponent("log"), encoding: .utf8)) ?? ""
  }
}

// MARK: The protocol

extension Chromium {
  /// Sends a command and waits for its result.
  @discardableResult
  package func send(_ method: String, _ parameters: JSON = [:], session useSession: Bool = true)
    throws
    -> JSON
  {
    lastID += 1
    var members: [(String, JSON)] = [
      ("id", .integer(lastID)), ("method", .string(method)), ("params", parameters),
    ]
    if useSession, let session { members.append(("sessionId", .string(session))) }
    let text = JSON.object(.init(members)).text(.compact)
    try input.fileHandleForWriting.write(contentsOf: Array(text.utf8) + [0])
    while true {
      let message = try receive()
      if message["id"]?.integer == lastID {
        if let error = message["error"] {
          throw Failure(description: "\(method): \(error.text(.compact))")
        }
        return message["result"] ?? [:]
      }
      note(message)
    }
  }

  private func note(_ message: JSON) {
    let parameters = message["params"]
    switch message["method"]?.string {
    case "Page.loadEventFired": loaded = true
    case "Runtime.exceptionThrown": errors.append(parameters?.text(.compact) ?? "exception")
    case "Runtime.consoleAPICalled":
      if ["error", "assert", "warning"].contains(parameters?["type"]?.string) {
        errors.append(parameters?.text(.compact) ?? "console")
      }
    case "Log.entryAdded":
      if ["error", "warning"].contains(parameters?["entry"]?["level"]?.string) {
        errors.append(parameters?["entry"]?["text"]?.string ?? "log")
      }
    default: break
    }
  }

  private func receive() throws -> JSON {
    let deadline = Date() + 60
    while true {
      if let end = buffer.firstIndex(of: 0) {
        let message = buffer[..<end]
        buffer.removeSubrange(...end)
        return try JSON.parse(Array(message))
      }
      var poller = pollfd(
        fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
      guard Date() < deadline, poll(&poller, 1, 60_000) > 0 else {
        throw Failure(description: "no answer in a minute: \(log)")
      }
      let data = output.fileHandleForReading.availableData
      if data.isEmpty { throw Failure(description: "the browser has gone: \(log)") }
      buffer += data
    }
  }

  private func navigate(to file: URL) throws {
    loaded = false
    try send("Page.navigate", ["url": .string(file.absoluteString)])
    while !loaded { note(try receive()) }
  }
}

// MARK: What a reader does

extension Chromium {
  /// The value of an expression.
  package func value(_ expression: String) throws -> JSON {
    let result = try send(
      "Runtime.evaluate", ["expression": .string(expression), "returnByValue": true])
    if let exception = result["exceptionDetails"] {
      throw Failure(description: "\(expression): \(exception.text(.compact))")
    }
    return result["result"]?["value"] ?? .null
  }

  /// A string.
  package func text(_ expression: String) throws -> String { try value(expression).string ?? "" }
  /// A number, NaN if it is none.
  package func number(_ expression: String) throws -> Double {
    try value(expression).double ?? .nan
  }
  /// A truth.
  package func isTrue(_ expression: String) throws -> Bool { try value(expression).bool ?? false }

  /// Puts the pointer in the middle of an element.
  package func hover(_ selector: String) throws {
    let place = try value(
      """
      (() => { const e = document.querySelector(\(JSON.string(selector).text(.compact)));
        e.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
        const b = e.getBoundingClientRect();
        return [b.left + b.width / 2, b.top + b.height / 2]; })()
      """)
    let (x, y) = (place.array?.first ?? .null, place.array?.last ?? .null)
    try settle()
    try send("Input.dispatchMouseEvent", ["type": "mouseMoved", "x": 1, "y": 1])
    try send("Input.dispatchMouseEvent", ["type": "mouseMoved", "x": x, "y": y])
    try settle()
  }

  /// Presses a key such as `ArrowRight`.
  package func press(_ key: String, code: Int) throws {
    for type in ["rawKeyDown", "keyUp"] {
      try send(
        "Input.dispatchKeyEvent",
        [
          "type": .string(type), "key": .string(key), "code": .string(key),
          "windowsVirtualKeyCode": .integer(code),
        ])
    }
    try settle()
  }

  /// Focuses an element as the keyboard does, so that `:focus-visible` holds.
  package func focus(_ selector: String) throws {
    try press("Tab", code: 9)
    _ = try value(
      "document.querySelector(\(JSON.string(selector).text(.compact))).focus({ focusVisible: true })"
    )
    try settle()
  }

  /// Lets two frames go by.
  package func settle() throws {
    let wait = "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(1))))"
    try send("Runtime.evaluate", ["expression": .string(wait), "awaitPromise": true])
  }

  /// Gives the window a size.
  package func size(width: Int, height: Int) throws {
    try send(
      "Emulation.setDeviceMetricsOverride",
      [
        "width": .integer(width), "height": .integer(height), "deviceScaleFactor": 1,
        "mobile": .bool(width < 600),
      ])
  }

  /// Light or dark, and without animations.
  package func media(isDark: Bool) throws {
    try send(
      "Emulation.setEmulatedMedia",
      [
        "features": [
          ["name": "prefers-color-scheme", "value": .string(isDark ? "dark" : "light")],
          ["name": "prefers-reduced-motion", "value": "reduce"],
        ]
      ])
  }

  /// The page as a picture in the artifacts folder; a part of it when it is long.
  package func screenshot(_ name: String, from y: Int = 0, height: Int? = nil) throws {
    let (width, whole) = (
      Int(try number("document.documentElement.clientWidth")),
      Int(try number("document.documentElement.scrollHeight"))
    )
    let result = try send(
      "Page.captureScreenshot",
      [
        "captureBeyondViewport": true,
        "clip": [
          "x": 0, "y": .integer(y), "width": .integer(width),
          "height": .integer(min(height ?? whole, whole - y)), "scale": 1,
        ],
      ])
    try keep(result, as: "report/\(name).png")
  }

  /// The page on paper, as bytes of a PDF.
  package func print(_ name: String) throws -> Data {
    let result = try send(
      "Page.printToPDF", ["printBackground": true, "preferCSSPageSize": false])
    return try keep(result, as: "report/\(name).pdf")
  }

  @discardableResult
  private func keep(_ result: JSON, as path: String) throws -> Data {
    guard let data = Data(base64Encoded: result["data"]?.string ?? ""), !data.isEmpty else {
      throw Failure(description: "no \(path)")
    }
    let file = Places.artifacts.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
    return data
  }
}
