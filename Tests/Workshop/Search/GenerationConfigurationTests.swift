import Foundation
import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxSearch

@Suite("generation_config.json", .counted)
struct GenerationConfigurationTests {
  private func read(_ text: String) throws -> GenerationConfiguration {
    try GenerationConfiguration(JSON.parse(Array(text.utf8)), path: "generation_config.json")
  }

  @Test
  func `GEN-8 the file of today's GPT-2 says nothing but its end token`() throws {
    let file = try read(
      #"{"_from_model_config": true, "bos_token_id": 50256, "eos_token_id": 50256, "#
        + #""transformers_version": "4.57.0"}"#)
    var expected = GenerationConfiguration()
    expected.endTokens = [50256]
    #expect(file == expected)
  }

  @Test
  func `GEN-8 end tokens are one or several`() throws {
    #expect(try read(#"{"eos_token_id": [50256, 11]}"#).endTokens == [50256, 11])
    #expect(try read(#"{"eos_token_id": null}"#).endTokens == nil)
  }

  @Test
  func `GEN-8 who samples and names no top_k draws from 50 tokens`() throws {
    let file = try read(#"{"do_sample": true, "temperature": 0.7}"#)
    #expect(file.samples && file.topK == 50 && file.temperature == 0.7)
    #expect(try read(#"{"do_sample": true, "top_k": 0}"#).topK == nil)
    #expect(try read(#"{"top_p": 0.9}"#).samples == false)
  }

  @Test
  func `GEN-8 what is not followed is named, what has its default is not`() throws {
    let file = try read(
      #"{"penalty_alpha": 0.6, "num_beam_groups": 1, "typical_p": 1.0, "suppress_tokens": [3]}"#)
    #expect(file.ignored == ["penalty_alpha 0.6", "suppress_tokens [3]"])
  }

  @Test
  func `GEN-8 a search stops early as the file says`() throws {
    #expect(try read(#"{"early_stopping": true}"#).earlyStopping == .whenFull)
    #expect(try read(#"{"early_stopping": false}"#).earlyStopping == .heuristic)
    #expect(try read(#"{"early_stopping": "never"}"#).earlyStopping == .never)
    #expect(try read("{}").earlyStopping == nil)
  }

  @Test(arguments: [
    (#"{"early_stopping": 1}"#, "early_stopping"),
    (#"{"eos_token_id": "x"}"#, "eos_token_id"), (#"{"do_sample": 1}"#, "do_sample"),
    (#"{"num_beams": 0}"#, "num_beams"), (#"{"top_p": 2}"#, "top_p"),
    (#"{"temperature": -1}"#, "temperature"),
  ])
  func `GEN-8 wrong values are refused by key`(text: String, key: String) throws {
    let fault = #expect(throws: Fault.self) { try read(text) }
    #expect(fault?.place == key)
  }

  @Test
  func `GEN-8 no file says nothing, a file that is none is refused`() throws {
    try Places.withTemporaryFolder { folder in
      #expect(try GenerationConfiguration(folder: folder.path) == GenerationConfiguration())
      let file = folder.appendingPathComponent("generation_config.json")
      try Data("[]".utf8).write(to: file)
      #expect(throws: Fault.self) { try GenerationConfiguration(folder: folder.path) }
    }
  }
}
