import FoxFiles

// Mutations that know what a file is made of: a JSON document stays one, so that readers are reached
// behind the parser.
extension Mutation {
  private static let numbers: [JSON] = [
    .integer(0), .integer(-1), .integer(1), .integer(2), .integer(1 << 20), .integer(1 << 31),
    .integer(Int(Int32.max)), .integer(.max), .integer(.min), .integer(.max / 2), .number(0.5),
    .number(-0.5), .number(1e300), .number(-1e300), .number(9.3e18),
    .number(.leastNonzeroMagnitude),
  ]
  private static let texts = [
    "", " ", "\0", "\u{FEFF}", "e\u{301}", "\u{E9}", "\u{10FFFF}", "\u{1B}[2J", "../../etc/passwd",
    "NaN",
    "Infinity", "-1", "null", "[PAD]", "\u{120}", "\u{120}\u{120}", "##", "a\u{120}b", "\r\n", "\t",
  ]

  /// A document or lines of documents with other parts, else other bytes; now and then both.
  static func structured(_ seed: Seed, _ random: inout SplitMix) -> [UInt8] {
    var bytes = seed.bytes
    if Int.random(in: 0..<4, using: &random) > 0 {
      if let changed = document(bytes, &random) {
        bytes = changed
      } else {
        line(&bytes, &random)
      }
      if Int.random(in: 0..<8, using: &random) > 0 { return bytes }
    }
    apply(to: &bytes, &random)
    return bytes
  }

  private static func document(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8]? {
    guard var json = try? JSON.parse(bytes) else { return nil }
    for _ in 0...Int.random(in: 0..<3, using: &random) { change(&json, &random) }
    return Array(json.text(Bool.random(using: &random) ? .line : .indented).utf8)
  }

  /// Changes, drops, repeats or moves a line.
  private static func line(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    let place = Int.random(in: 0..<lines.count, using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: lines.remove(at: place)
    case 1: lines.insert(lines[place], at: Int.random(in: 0...lines.count, using: &random))
    case 2: lines.swapAt(place, Int.random(in: 0..<lines.count, using: &random))
    case 3:
      // A field of a table, or a piece of a merge.
      var fields = lines[place].split(
        omittingEmptySubsequences: false, whereSeparator: { [0x09, 0x2C, 0x20].contains($0) }
      ).map { Array($0) }
      fields[Int.random(in: 0..<fields.count, using: &random)] = Array(text(&random).utf8)
      let separator: [UInt8] = [[0x09], [0x2C], [0x20]].randomElement(using: &random) ?? [0x09]
      lines[place] = Array(fields.joined(separator: separator))
    default:
      if let changed = document(lines[place], &random) {
        lines[place] = changed
      } else {
        apply(to: &lines[place], &random)
      }
    }
    bytes = Array(lines.joined(separator: [0x0A]))
  }

  /// Changes one value somewhere in a document.
  private static func change(_ json: inout JSON, _ random: inout SplitMix) {
    let goesDeeper = Int.random(in: 0..<8, using: &random) > 0
    switch json {
    case .object(var object) where goesDeeper && !object.members.isEmpty:
      change(&object, &random)
      json = .object(object)
    case .array(var list) where goesDeeper && !list.isEmpty:
      let place = Int.random(in: 0..<list.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: list.remove(at: place)
      case 1: list.append(list[place])
      case 2: list.swapAt(place, Int.random(in: 0..<list.count, using: &random))
      default: change(&list[place], &random)
      }
      json = .array(list)
    default: json = value(like: json, &random)
    }
  }

  private static func change(_ object: inout JSON.Object, _ random: inout SplitMix) {
    var members = object.members
    let place = Int.random(in: 0..<members.count, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: members.remove(at: place)
    case 1: members[place].key = text(&random)
    case 2:
      let other = Int.random(in: 0..<members.count, using: &random)
      (members[place].value, members[other].value) = (members[other].value, members[place].value)
    default: change(&members[place].value, &random)
    }
    object = JSON.Object(members)
  }

  /// Another value: mostly of the same kind, since those of another are refused at once.
  private static func value(like json: JSON, _ random: inout SplitMix) -> JSON {
    let isSame = Int.random(in: 0..<4, using: &random) > 0
    switch json {
    case .integer, .number: if isSame { return numbers.randomElement(using: &random) ?? .null }
    case .string: if isSame { return .string(text(&random)) }
    case .bool(let value): if isSame { return .bool(!value) }
    default: break
    }
    switch Int.random(in: 0..<7, using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .string(text(&random))
    case 3: return .array([json, json])
    case 4: return .object(.init([(text(&random), json)]))
    case 5: return (0..<Int.random(in: 1..<200, using: &random)).reduce(json) { json, _ in [json] }
    default: return numbers.randomElement(using: &random) ?? .null
    }
  }

  private static func text(_ random: inout SplitMix) -> String {
    let text = texts.randomElement(using: &random) ?? ""
    if Int.random(in: 0..<16, using: &random) > 0 { return text }
    return String(repeating: text + "x", count: Int.random(in: 1..<2000, using: &random))
  }
}
