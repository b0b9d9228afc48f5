import FoxDecoding
import FoxFiles

/// The rows of JSON text: a list of objects, an object that holds one, or one object a line.
///
/// Columns are the members' names in the order in which they are first met; a row that lacks one
/// has null there, as `datasets` has it. SPEC `DATA-2`.
struct JSONRows {
  let source: SourceText

  func table(field: String?, isLines: Bool) throws -> Table {
    if isLines { return try lines() }
    if field == nil, isManyDocuments() { return try lines() }
    let document = try part(source.start..<source.bytes.count)
    return try table(of: rows(of: document, field: field), lines: [])
  }

  /// Whether the first line is a document and something follows it.
  private func isManyDocuments() -> Bool {
    let start = source.bytes[source.start...].firstIndex { !isSpace($0) } ?? source.bytes.count
    let first = source.line(from: start)
    guard first.next < source.bytes.count, source.bytes[start] == UInt8(ascii: "{"),
      source.bytes[first.next...].contains(where: { !isSpace($0) })
    else { return false }
    return (try? part(start..<first.end)) != nil
  }

  private func lines() throws -> Table {
    var (rows, lines): ([JSON], [Int32]) = ([], [])
    var (offset, number) = (source.start, 1)
    while offset < source.bytes.count {
      let line = source.line(from: offset)
      if source.bytes[offset..<line.end].contains(where: { !isSpace($0) }) {
        rows.append(try part(offset..<line.end))
        lines.append(Int32(clamping: number))
      }
      (offset, number) = (line.next, number + 1)
    }
    if rows.isEmpty { throw Fault(source.name, found: "nothing", expected: "an object a line") }
    return try table(of: rows, lines: lines)
  }

  /// The document in a part of the file.
  private func part(_ range: Range<Int>) throws -> JSON {
    try source.bytes.withUnsafeBytes { try JSON.parse($0, part: range, in: source.name) }
  }

  private func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
}

extension JSONRows {
  private func rows(of document: JSON, field: String?) throws(Fault) -> [JSON] {
    if let field {
      guard case .object(let object) = document else {
        throw .noField(path: source.name, field: field, members: [])
      }
      guard let value = object[field] else {
        throw .noField(path: source.name, field: field, members: object.members.map(\.key))
      }
      guard let rows = value.array else {
        throw .noList(path: source.name, field: field, found: value.kind)
      }
      return rows
    }
    if let rows = document.array { return rows }
    guard case .object(let object) = document else {
      throw .noList(path: source.name, field: nil, found: document.kind)
    }
    let lists = object.members.filter { member in
      member.value.array?.allSatisfy { $0.object != nil } ?? false
    }
    if lists.count > 1 {
      throw Fault(
        source.name, found: "several lists, \(Fault.list(lists.map(\.key)))", expected: "one",
        hint: "say which with field")
    }
    if lists.isEmpty { try refuseColumns(object) }
    // An object without a list is one row.
    return lists.first?.value.array ?? [document]
  }

  /// Refuses a document of columns, as pandas writes one: lists of one length, or objects of the same
  /// names. Taken for a row it would have no text.
  private func refuseColumns(_ object: JSON.Object) throws(Fault) {
    let values = object.members.map(\.value)
    let lengths = values.map { $0.array?.count ?? $0.object?.members.count ?? 0 }
    guard values.count > 1, lengths[0] > 0, lengths.allSatisfy({ $0 == lengths[0] }),
      values.allSatisfy({ $0.array != nil }) || values.allSatisfy({ $0.object != nil })
    else { return }
    throw Fault(
      source.name, found: "columns, \(Fault.list(object.members.map(\.key)))",
      expected: "rows, an object each",
      hint: "write them in Python: frame.to_json(new, orient=\"records\")")
  }

  /// The table of rows, which must be objects.
  private func table(of rows: [JSON], lines: [Int32]) throws(Fault) -> Table {
    let (columns, places, members) = try columns(of: rows, lines: lines)
    // Objects that share no name would make a table of rows × rows cells.
    let (size, overflow) = rows.count.multipliedReportingOverflow(by: columns.count)
    if overflow || size > 16 * members + 1_000_000 {
      throw Fault(
        source.name, found: "\(counted(rows.count, "row")) with \(columns.count) different columns",
        expected: "rows that share their columns", hint: "almost all cells would be empty")
    }
    var cells: [JSON] = []
    cells.reserveCapacity(size)
    for row in rows {
      let start = cells.count
      cells.append(contentsOf: repeatElement(.null, count: columns.count))
      for (index, member) in (row.object?.members ?? []).enumerated() {
        let place = place(of: member.key, guess: index, columns, places)
        cells[start + place] = member.value
      }
    }
    return Table(name: source.name, columns: columns, cells: cells, lines: lines)
  }

  private func columns(
    of rows: [JSON], lines: [Int32]
  ) throws(Fault) -> (names: [String], places: [UTF8Key: Int], members: Int) {
    var (names, places, count): ([String], [UTF8Key: Int], Int) = ([], [:], 0)
    for (index, row) in rows.enumerated() {
      guard case .object(let object) = row else {
        let place = lines.isEmpty ? RowPlace.row(index + 1) : .line(Int(lines[index]))
        throw .notARow(path: source.name, place: place, found: row.kind)
      }
      count += object.members.count
      for (guess, member) in object.members.enumerated() {
        // Rows mostly have the same names in the same order.
        if guess < names.count, UTF8Key.equal(names[guess], member.key) { continue }
        if places[UTF8Key(member.key)] != nil { continue }
        places[UTF8Key(member.key)] = names.count
        names.append(member.key)
      }
    }
    return (names, places, count)
  }

  private func place(
    of name: String, guess: Int, _ names: [String], _ places: [UTF8Key: Int]
  ) -> Int {
    if guess < names.count, UTF8Key.equal(names[guess], name) { return guess }
    return places[UTF8Key(name)] ?? 0
  }
}
