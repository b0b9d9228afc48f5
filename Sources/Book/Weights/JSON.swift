import FoxDecoding

/// # JSON, kept exactly
///
/// Configurations, vocabularies and the header of a weights file are JSON. Foundation's reader
/// takes two spellings of "é" for one key and lets a key appear twice; a vocabulary that is read
/// that way loses tokens without a word. Here keys are bytes, members keep their order, and
/// integers stay integers.
///
///     let configuration = try JSON.read(path: "config.json")
///     configuration["n_head"]?.integer  // 12
///
/// RFC 8259; clauses JSON-1 to JSON-6. Does not write JSON: the Workshop does. Does not know what
/// keys a file must have: whoever reads the file asks for them.
package enum JSON: Equatable, Sendable {
  // RFC 8259, section 3: a value is one of these. Only numbers are two cases here, because token
  // ids and sizes must not go through a Double, which holds integers exactly only up to 2⁵³.
  case null  // in configurations often "not set"
  case bool(Bool)
  case integer(Int)  // no fraction, no exponent, fits 64 bits; not `-0`, which no integer is
  case number(Double)  // any other number
  case string(String)  // the Unicode scalars that were written
  case array([JSON])  // in the order of the file, as members of objects are
  case object(Object)

  /// The members of an object, in the order in which they were written.
  package struct Object: Equatable, Sendable {
    /// Key and value of each member. No two keys have the same bytes.
    package var members: [(key: String, value: JSON)]

    package init(unique members: [(key: String, value: JSON)]) { self.members = members }

    /// The value of `key`, compared by bytes; setting `nil` removes the member. Looks at one member
    /// after the other: right for a configuration, not for a vocabulary.
    package subscript(key: String) -> JSON? {
      // Not `$0.key == key`, which takes "à" and "a" with a grave accent for one text.
      get { members.first { UTF8Key.equal($0.key, key) }?.value }
      set {
        let index = members.firstIndex { UTF8Key.equal($0.key, key) }  // one at most
        switch (index, newValue) {
        case (let index?, let value?): members[index].value = value  // its place in the order stays
        case (let index?, nil): members.remove(at: index)
        case (nil, let value?): members.append((key, value))  // a new member comes last
        case (nil, nil): break  // nothing to remove
        }
      }
    }

    /// Equal when the members are, order included.
    package static func == (a: Object, b: Object) -> Bool {
      // The order counts: what is written back must keep it.
      a.members.elementsEqual(b.members) { UTF8Key.equal($0.key, $1.key) && $0.value == $1.value }
    }
  }
}

// Each is `nil` when the value is of another kind: a wrong file becomes a fault where the value is
// asked for, with words for that place.
extension JSON {
  /// The value of member `key` when this is an object that has it.
  package subscript(key: String) -> JSON? { object?[key] }  // chains: `document["model"]?["vocab"]`

  package var object: Object? { if case .object(let object) = self { object } else { nil } }
  package var array: [JSON]? { if case .array(let elements) = self { elements } else { nil } }
  package var string: String? { if case .string(let text) = self { text } else { nil } }
  package var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var isNull: Bool { self == .null }

  /// The value when this is any number: a configuration may say `1` where another says `1.0`.
  package var double: Double? {
    if case .number(let value) = self { value } else { integer.map { Double($0) } }
  }

  /// What kind of value this is, in the words of a ``FoxDecoding/Fault``.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number"  // where an integer is expected: 4.0, 4e0
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
