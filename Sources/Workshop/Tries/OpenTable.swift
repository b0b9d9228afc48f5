/// A hash table for what is looked up for each word or byte of a text.
///
/// All entries are in one array. Each is in the first place that was free from where its hash points
/// (open addressing, linear probing); the table is at most half full, so a search ends soon. What makes
/// an entry the one that is sought is for the table's owner to say: some compare bytes that are kept
/// elsewhere.
struct OpenTable<Entry: OpenTableEntry>: Sendable {
  private var entries: [Entry]
  private(set) var count = 0

  /// An empty table with room for `capacity` entries.
  init(capacity: Int) {
    var size = 64
    while size < capacity * 2 { size *= 2 }
    entries = Array(repeating: .free, count: size)
  }

  /// The entry with this hash for which `isSought` holds, or the free entry.
  @inline(__always) func find(_ hash: UInt64, _ isSought: (Entry) -> Bool) -> Entry {
    var place = Int(truncatingIfNeeded: hash) & (entries.count - 1)
    while !entries[place].isFree, !isSought(entries[place]) {
      place = (place + 1) & (entries.count - 1)
    }
    return entries[place]
  }

  /// Enters what is not in the table yet.
  mutating func insert(_ entry: Entry) {
    if count * 2 >= entries.count { grow() }
    place(entry)
    count += 1
  }

  private mutating func grow() {
    let old = entries
    entries = Array(repeating: .free, count: old.count * 2)
    for entry in old where !entry.isFree { place(entry) }
  }

  private mutating func place(_ entry: Entry) {
    var place = Int(truncatingIfNeeded: entry.hash) & (entries.count - 1)
    while !entries[place].isFree { place = (place + 1) & (entries.count - 1) }
    entries[place] = entry
  }
}

/// A few machine words.
protocol OpenTableEntry: Sendable {
  /// What fills the places that nothing stands in.
  static var free: Self { get }
  var isFree: Bool { get }
  /// Its lowest bits say where it belongs.
  var hash: UInt64 { get }
}
