import ArgumentParser
import Foundation
import FoxDecoding
import FoxEngines
import FoxFiles
import FoxFormats
import FoxGLUE
import FoxHub
import FoxKernels
import FoxModels
import FoxQuestions
import FoxReport
import FoxSearch
import FoxTables
import FoxTrainer
import FoxTries

/// What the process tells its caller (`CLI-2`). Wrong usage, 64, comes from the argument parser.
enum ExitStatus {
  static let failedOnInput: Int32 = 1
  static let internalError: Int32 = 2
  static let interrupted: Int32 = 130
}

/// A failure that the commands themselves find.
enum CommandError: Error, CustomStringConvertible {
  case outputClosed
  case output(reason: String)
  case input(reason: String)
  case inputNotUTF8(name: String, offset: Int)
  case noModel(option: String, tried: [String])
  case noPackage(tried: [String])
  case noEncoder(option: String, looked: String)
  case notForBERT(option: String)
  case notAnID(String)
  case noIDs
  case cardDiffers(file: String, card: String, expected: String, found: String)
  case folderNotEmpty(String)
  case tooLarge(parameters: String, memory: Int)
  case unknownModel(String)
  case tokenizerTooLarge(folder: String, tokens: Int, vocabulary: Int)

  var description: String {
    switch self {
    case .outputClosed: "standard output was closed before everything was written"
    case .output(let reason): "standard output cannot be written: \(reason)"
    case .input(let reason): "standard input cannot be read: \(reason)"
    case .inputNotUTF8(let name, let offset):
      "\(name) is not valid UTF-8 (first wrong byte at offset \(offset))"
    case .noModel(let option, let tried):
      "no model: give \(option) DIR or set FOX_MODEL (looked for \(tried.joined(separator: ", ")))"
    case .noPackage(let tried):
      "no folder Weights of the package: give --out DIR (looked for "
        + "\(tried.joined(separator: ", ")))"
    case .noEncoder(let option, let looked):
      "no encoder: give \(option) (looked for \(looked), which Weights/fetch-minilm.sh brings)"
    case .notForBERT(let option): "\(option) is for GPT-2; this model is a BERT"
    case .notAnID(let text): "\(shown(text)) is not a token id"
    case .noIDs: "there are no token ids"
    case .cardDiffers(let file, let card, let expected, let found):
      "\(file): its SHA-256 is \(found), but \(card) says \(expected): the file was changed or "
        + "damaged, or the card is of another one"
    case .folderNotEmpty(let path):
      "\(path) holds a model already; choose another folder or remove its config.json and "
        + "model.safetensors"
    case .tooLarge(let parameters, let memory):
      "a model of \(parameters) parameters does not fit the memory of \(memory >> 20) MB"
    case .unknownModel(let name):
      "\(shown(name)): there is no such folder, nor one in Weights; \"fox fetch\" brings gpt2 and "
        + "other models there"
    case .tokenizerTooLarge(let folder, let tokens, let vocabulary):
      "\(folder): this tokenizer has ids up to \(tokens - 1), the model only \(vocabulary) words"
    }
  }
}

/// Runs a command's work and turns what it throws into a message and an exit code.
func reportingFailures(_ work: () throws -> Void) throws {
  do {
    if let refusal = BLASKernels.refusal { throw refusal }
    try work()
  } catch let error as ExitCode {
    throw error
  } catch let error as any CustomStringConvertible & Error where isAboutInput(error) {
    Output.note("fox: \(Diagnosis.message(of: error))")
    throw ExitCode(ExitStatus.failedOnInput)
  } catch {
    Output.note("fox: internal error: \(error)")
    throw ExitCode(ExitStatus.internalError)
  }
}

private func isAboutInput(_ error: any Error) -> Bool {
  error is Fault || error is TokenizerError || error is HubError || error is CommandError
    || error is StoryError || error is NonFinite || error is HomeworkError
    || (error as? ReportError)?.isAboutInput == true
}
