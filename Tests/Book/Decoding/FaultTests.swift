import FoxDecoding
import TestSupport
import Testing

@Suite("Faults", .counted)
struct FaultTests {
  @Test
  func `FAULT-1 one sentence says what, where, found, expected and what to do`() {
    let fault = Fault(
      "model/config.json", at: "n_head", found: "5", expected: "a divisor of n_embd (64)",
      hint: "use 4 or 8")
    #expect(
      "\(fault)"
        == "model/config.json, n_head: found 5, expected a divisor of n_embd (64); use 4 or 8")
    #expect(
      "\(Fault("beams", found: "0", expected: "at least 1"))"
        == "beams: found 0, expected at least 1")
    #expect(fault.localizedDescription == fault.description)
  }
}
