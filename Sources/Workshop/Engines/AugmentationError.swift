import FoxBERT
import FoxFiles
import FoxGLUE
import FoxHub
import FoxTables
import FoxTries

/// What can go wrong between a sentence and its paraphrases.
///
/// The cases carry data; the words are in `description`, in one place, and are tested as a table.
public enum AugmentationError: Error, Equatable, Sendable {
  /// There is nothing to work on.
  case empty(String)
  /// Not a code of a language.
  case language(String)
  /// An option has a value outside its range.
  case option(name: String, value: String, expected: String)
  /// The engine is not installed.
  case noEngine(missing: String)
  /// The engine does not offer a direction.
  case direction(engine: String, Direction, known: [Direction])
  /// A name is no pivot.
  case pivot(engine: String, name: String, problem: PivotProblem, pivots: [String])
  /// The engine's description of a direction cannot be read.
  case mode(path: String, reason: String)
  /// The engine cannot be started.
  case launch(program: String, reason: String)
  /// The engine ended twice over one sentence.
  case died(engine: String, direction: Direction, text: String, end: String, printed: String)
  /// The engine said nothing for so many seconds.
  case stalled(
    engine: String, direction: Direction, text: String, seconds: Int, printed: String)
  /// The engine answered another sentence than the one that was its turn.
  case shifted(engine: String, direction: Direction, text: String, answer: String)
  /// The engine gave another number of translations than of texts.
  case answers(engine: String, direction: Direction, expected: Int, found: Int)
  /// A recording does not have a translation.
  case notRecorded(path: String, way: String, text: String)
  /// A recording is not laid out as one.
  case recording(path: String, place: String, expected: String)
  /// Another process writes to the cache.
  case busy(path: String)
  /// A service could not be asked.
  case service(HubError)
  /// A file of ours cannot be read or written.
  case file(Fault)
  /// The sentences cannot be read.
  case data(DatasetError)
  /// Paraphrases cannot be compared with their originals.
  case metric(MetricsError)
  /// The model that compares them fails.
  case model(BERTError)
  /// The tokenizer of the model that compares them fails.
  case tokenizer(TokenizerError)
}

/// Why a name is no pivot.
public enum PivotProblem: Equatable, Sendable {
  /// It is no code of a language, nor several.
  case noLanguage
  /// The way would stay where it is.
  case same(String)
  /// Nothing leads from one language to the next.
  case noWay(from: String, to: String)
  /// Nothing leads back from there.
  case noWayBack(String)
}

extension AugmentationError: CustomStringConvertible {
  /// One sentence for the user, and what to do where that is known.
  public var description: String {
    switch self {
    case .empty(let what): "\(what) is empty"
    case .language(let code):
      "\(shown(code)) is no code of a language; expected two or three letters, as spa or en"
    case .option(let name, let value, let expected): "\(name) is \(value); expected \(expected)"
    case .notRecorded(let path, let way, let text):
      "\(path): has no translation \(way) of \(shown(text))"
    case .recording(let path, let place, let expected): "\(path), \(place): expected \(expected)"
    case .busy(let path): "\(path): another process writes to it"
    case .service(let error): error.description
    case .file(let error): error.description
    case .data(let error): error.description
    case .metric(let error): error.description
    case .model(let error): error.description
    case .tokenizer(let error): error.description
    default: engineWords
    }
  }

  private var engineWords: String {
    switch self {
    case .noEngine(let missing):
      "Apertium is not installed (\(missing)): \(Apertium.installation)"
    case .direction(let engine, let direction, let known):
      "\(engine) has no direction \(direction); it has \(list(known.map(\.description)))"
    case .pivot(let engine, let name, let problem, let pivots):
      "\(shown(name)) is no pivot: \(problem) with \(engine); those that come back are "
        + list(pivots)
    case .mode(let path, let reason): "\(path): \(reason)"
    case .launch(let program, let reason): "\(program) cannot be started: \(reason)"
    case .died(let engine, let direction, let text, let end, let printed):
      "\(engine) \(direction) ended twice (\(end)) over \(shown(text))" + said(printed)
    case .stalled(let engine, let direction, let text, let seconds, let printed):
      "\(engine) \(direction) said nothing for \(seconds) seconds over \(shown(text))"
        + said(printed)
    case .shifted(let engine, let direction, let text, let answer):
      "\(engine) \(direction) answered \(shown(answer)) when it was the turn of \(shown(text))"
    case .answers(let engine, let direction, let expected, let found):
      "\(engine) \(direction) gave \(found) translations of \(expected) texts"
    default: ""
    }
  }

  private func said(_ printed: String) -> String {
    printed.isEmpty ? "" : "; it printed \(shown(printed))"
  }

  private func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.joined(separator: ", ")
  }
}

extension PivotProblem: CustomStringConvertible {
  /// The reason alone.
  public var description: String {
    switch self {
    case .noLanguage: "it is no code of a language, nor several with - between,"
    case .same(let code): "the way would stay in \(code)"
    case .noWay(let from, let to): "nothing leads from \(from) to \(to)"
    case .noWayBack(let code): "nothing leads back from \(code)"
    }
  }
}
