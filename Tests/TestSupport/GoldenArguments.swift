import FoxFiles

extension Golden {
  /// What a test with arguments runs over: one for each element of the array `key` of a golden.
  ///
  ///     @Test("…", arguments: try Golden.arguments("gpt2/logits.json") { LogitsCase(golden: $0) })
  ///
  /// Throws when the golden is missing or holds no case, so that the test fails; without arguments it
  /// would pass, and nobody would see that nothing ran.
  public static func arguments<Argument>(
    _ path: String, in key: String = "cases", _ argument: (JSON) throws -> Argument?
  ) throws -> [Argument] {
    try arguments(of: json(path)[key]?.array?.compactMap(argument), path)
  }

  /// `found`, or an error when it is empty or not there.
  public static func arguments<Argument>(of found: [Argument]?, _ path: String) throws -> [Argument] {
    guard let found, !found.isEmpty else { throw GoldenError.shape(path, "cases to run") }
    return found
  }
}

extension JSON {
  /// The string member `key`.
  public func text(_ key: String) throws -> String {
    guard let text = try required(key).string else {
      throw GoldenError.shape("…", "a string \"\(key)\"")
    }
    return text
  }

  /// The array member `key`.
  public func list(_ key: String) throws -> [JSON] {
    guard let list = try required(key).array else {
      throw GoldenError.shape("…", "an array \"\(key)\"")
    }
    return list
  }
}
