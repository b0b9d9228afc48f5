import FoxBERT
import FoxFiles
import FoxGLUE
import FoxHub
import FoxTables
import FoxTries
import TestSupport
import Testing

@testable import FoxEngines

@Suite("Words of augmentation's errors")
struct AugmentationErrorTests {
  private static func way() throws -> Direction { try direction("eng", "spa") }

  @Test("every case has its words", .spec("AUG-25", "FAIL-1"))
  func words() throws {
    let way = try Self.way()
    let missing = Fault.fileMissing(path: "f")
    let table: [(AugmentationError, String)] = [
      (.empty("the list"), "the list is empty"),
      (
        .language("x\n"),
        "\"x\\n\" is no code of a language; expected two or three letters, as spa or en"
      ),
      (.option(name: "a", value: "b", expected: "c"), "a is b; expected c"),
      (
        .noEngine(missing: "no x"),
        "Apertium is not installed (no x): apt-get install apertium apertium-eng-spa "
          + "apertium-eng-cat apertium-en-gl apertium-eo-en"
      ),
      (
        .direction(engine: "E", way, known: []), "E has no direction eng→spa; it has none"
      ),
      (
        .pivot(engine: "E", name: "eus", problem: .noWay(from: "eng", to: "eus"), pivots: ["spa"]),
        "\"eus\" is no pivot: nothing leads from eng to eus with E; those that come back are spa"
      ),
      (
        .pivot(engine: "E", name: "deu", problem: .noWayBack("deu"), pivots: []),
        "\"deu\" is no pivot: nothing leads back from deu with E; those that come back are none"
      ),
      (
        .pivot(engine: "E", name: "eng", problem: .same("eng"), pivots: ["spa", "cat"]),
        "\"eng\" is no pivot: the way would stay in eng with E; those that come back are spa, cat"
      ),
      (
        .pivot(engine: "E", name: "", problem: .noLanguage, pivots: ["spa"]),
        "\"\" is no pivot: it is no code of a language, nor several with - between, with E; those "
          + "that come back are spa"
      ),
      (.mode(path: "p", reason: "r"), "p: r"),
      (.launch(program: "p", reason: "r"), "p cannot be started: r"),
      (
        .died(engine: "E", direction: way, text: "t", end: "x ended with 3", printed: "oh"),
        "E eng→spa ended twice (x ended with 3) over \"t\"; it printed \"oh\""
      ),
      (
        .stalled(engine: "E", direction: way, text: "t", seconds: 5, printed: ""),
        "E eng→spa said nothing for 5 seconds over \"t\""
      ),
      (
        .shifted(engine: "E", direction: way, text: "t", answer: "u"),
        "E eng→spa answered \"u\" when it was the turn of \"t\""
      ),
      (
        .answers(engine: "E", direction: way, expected: 3, found: 2),
        "E eng→spa gave 2 translations of 3 texts"
      ),
      (
        .notRecorded(path: "p", way: "eng→spa", text: "t"),
        "p: has no translation eng→spa of \"t\""
      ),
      (.recording(path: "p", place: "line 2", expected: "x"), "p, line 2: expected x"),
      (.busy(path: "p"), "p: another process writes to it"),
      (.service(.badEndpoint("x")), HubError.badEndpoint("x").description),
      (.file(missing), missing.description),
      (.data(.empty("d")), "d is empty"),
      (.metric(.empty("m")), "m is empty"),
    ]
    for (error, words) in table { #expect(error.description == words) }
  }
}
