import FoxDecoding
import Testing

/// Expects that `body` throws a fault with these fields. The hint may be anything.
package func expectFault<Result>(
  _ subject: String, at place: String? = nil, found: String, expected: String,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Result
) {
  do {
    _ = try body()
    Issue.record("no fault, but \(found) should be one", sourceLocation: sourceLocation)
  } catch let fault as Fault {
    var plain = fault
    plain.hint = nil
    let wanted = Fault(subject, at: place, found: found, expected: expected)
    #expect(plain == wanted, sourceLocation: sourceLocation)
  } catch {
    Issue.record("not a fault: \(error)", sourceLocation: sourceLocation)
  }
}

/// The fault that `body` throws.
package func fault<Result>(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Result
) -> Fault? {
  do {
    _ = try body()
    Issue.record("no fault", sourceLocation: sourceLocation)
  } catch let fault as Fault {
    return fault
  } catch {
    Issue.record("not a fault: \(error)", sourceLocation: sourceLocation)
  }
  return nil
}
