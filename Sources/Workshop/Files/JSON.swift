/// A JSON document, kept exactly: objects keep the order of their members, keys are compared by
/// their bytes, and integers stay integers.
///
/// Foundation's reader merges keys that are canonically equivalent (`"é"` composed and decomposed)
/// and accepts duplicate members; a vocabulary or a checkpoint header read that way is silently
/// wrong. This one keeps such keys apart and refuses duplicates. See SPEC, clauses `JSON-…`.
public enum JSON: Equatable, Sendable {
  /// `null`
  case null
  /// `true` or `false`
  case bool(Bool)
  /// A number written without fraction or exponent that fits 64 bits. `-0` does not: integers have
  /// no negative zero.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// A string, as the Unicode scalars that were written.
  case string(String)
  /// An array.
  case array([JSON])
  /// An object.
  case object(Object)

  /// The members of a JSON object in the order in which they were written.
  public struct Object: Equatable, Sendable {
    /// Key and value of each member, keys unique by their bytes.
    public private(set) var members: [(key: String, value: JSON)]

    /// An object with the given members; a later member of the same key replaces the value of an
    /// earlier one and keeps its place.
    ///
    /// - Complexity: O(*n*) in the number of members.
    public init(_ members: [(key: String, value: JSON)] = []) {
      self.members = []
      self.members.reserveCapacity(members.count)
      var places: [UTF8Key: Int] = [:]
      for member in members {
        let place = places[UTF8Key(member.key), default: self.members.count]
        if place < self.members.count {
          self.members[place].value = member.value
        } else {
          places[UTF8Key(member.key)] = place
          self.members.append(member)
        }
      }
    }

    /// Members whose keys the parser has already found to be unique.
    init(unique members: [(key: String, value: JSON)]) {
      self.members = members
    }

    /// The value of `key`, compared by bytes; setting `nil` removes the member.
    ///
    /// - Complexity: O(*n*) in the number of members. To look up many keys, build a dictionary
    ///   with ``UTF8Key``.
    public subscript(key: String) -> JSON? {
      get { members.first { UTF8Key.equal($0.key, key) }?.value }
      set {
        let index = members.firstIndex { UTF8Key.equal($0.key, key) }
        switch (index, newValue) {
        case (let index?, let value?): members[index].value = value
        case (let index?, nil): members.remove(at: index)
        case (nil, let value?): members.append((key, value))
        case (nil, nil): break
        }
      }
    }

    /// Equal when the members are equal, order included.
    public static func == (a: Object, b: Object) -> Bool {
      a.members.count == b.members.count
        && zip(a.members, b.members).allSatisfy {
          UTF8Key.equal($0.key, $1.key) && $0.value == $1.value
        }
    }
  }
}

extension JSON {
  /// The value of member `key` when this is an object that has it.
  public subscript(key: String) -> JSON? {
    if case .object(let object) = self { object[key] } else { nil }
  }

  /// The members when this is an object.
  public var object: Object? {
    if case .object(let object) = self { object } else { nil }
  }

  /// The elements when this is an array.
  public var array: [JSON]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The text when this is a string.
  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The value when this is an integer.
  public var integer: Int? {
    if case .integer(let value) = self { value } else { nil }
  }

  /// The value when this is `true` or `false`.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The value when this is any number.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// Whether this is `null`.
  public var isNull: Bool {
    if case .null = self { true } else { false }
  }

  /// What kind of value this is, in the words of error messages.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
  /// An object with members in the order of the literal.
  public init(dictionaryLiteral members: (String, JSON)...) {
    self = .object(Object(members.map { (key: $0.0, value: $0.1) }))
  }

  /// An array.
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }

  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }

  /// An integer.
  public init(integerLiteral value: Int) { self = .integer(value) }

  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }

  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .bool(value) }

  /// `null`.
  public init(nilLiteral: ()) { self = .null }
}
