import FoxFiles

extension Golden {
  /// What a test with arguments runs over: one for each element of the array `key` of a golden.
  ///
  ///     @Test(arguments: try Golden.arguments("gpt2/logits.json", LogitsCase.init))
  ///
  /// Swift Testing passes a test without arguments without a word, and fails one whose arguments throw.
  /// So this throws when the golden is missing, and when nothing comes of it.
  package static func arguments<Argument>(
    _ path: String, in key: String = "cases", _ argument: (JSON) throws -> Argument? = { $0 }
  ) throws -> [Argument] {
    try arguments(json(path)[key]?.array?.compactMap(argument), from: path)
  }

  /// `found`, or an error when it is empty or not there.
  package static func arguments<Argument>(
    _ found: [Argument]?, from path: String
  ) throws -> [Argument] {
    guard let found, !found.isEmpty else {
      throw GoldenError.shape(path, "at least one case that the test can use")
    }
    return found
  }
}

extension JSON {
  /// The string member `key`.
  package func text(_ key: String) throws -> String {
    guard let text = try required(key).string else {
      throw GoldenError.shape("…", "a string \"\(key)\"")
    }
    return text
  }

  /// The array member `key`.
  package func list(_ key: String) throws -> [JSON] {
    guard let list = try required(key).array else {
      throw GoldenError.shape("…", "an array \"\(key)\"")
    }
    return list
  }
}
