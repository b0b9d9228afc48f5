import FoxDecoding
import TestSupport
import Testing

@testable import FoxEngines

@Suite("What engines are told about", .counted)
struct EngineFaultTests {
  @Test
  func `AUG-25 FAULT-1 in words`() throws {
    let way = try direction("eng", "spa")
    let table: [(Fault, String)] = [
      (.language("x\n"), #"language: found "x\n", expected two or three letters, as spa or en"#),
      (
        .noEngine(missing: "no x"),
        "Apertium: found no x, expected an installed engine; apt-get install apertium "
          + "apertium-eng-spa apertium-eng-cat apertium-en-gl apertium-eo-en"
      ),
      (
        .direction(engine: "E", way, known: []),
        "E: found no direction eng→spa, expected none (there are none)"
      ),
      (
        .pivot(engine: "E", name: "deu", found: "x", pivots: ["spa", "cat"]),
        #"pivot, "deu": found x, expected a way out and back with E: spa, cat"#
      ),
      (.mode(path: "p", found: "x"), "p: found x, expected programs with | between"),
      (.launch(program: "p", reason: "r"), "p: found r, expected a program that starts"),
      (
        .died(engine: "E", direction: way, text: "t", end: "x ended with 3", printed: "oh"),
        #"E, eng→spa, "t": found that it ended twice (x ended with 3), expected an answer; it "#
          + #"printed "oh""#
      ),
      (
        .stalled(engine: "E", direction: way, text: "t", seconds: 5, printed: ""),
        #"E, eng→spa, "t": found nothing for 5 seconds, expected an answer"#
      ),
      (
        .shifted(engine: "E", direction: way, text: "t", answer: "u"),
        #"E, eng→spa, "t": found "u", expected the answer to this text"#
      ),
      (
        .answers(engine: "E", direction: way, expected: 3, found: 2),
        "E, eng→spa: found 2 translations, expected 3, one for each text"
      ),
      (
        .recording(path: "p", place: "line 2", expected: "x"),
        "p, line 2: found something else, expected x"
      ),
      (.busy(path: "p"), "p: found another process that writes to it, expected one at a time"),
    ]
    for (fault, words) in table { #expect("\(fault)" == words) }
    #expect(Fault.noEngine(missing: "").isMissingEngine && !Fault.language("x").isMissingEngine)
  }
}
