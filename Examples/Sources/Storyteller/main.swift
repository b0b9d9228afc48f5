// Fine-tunes a small GPT-2 on a few sentences, then lets it speak, token by token, until there is enough.
import BrownFox
import Foundation

let sentences = [
  "The brown fox jumps over the lazy dog.", "The lazy dog looks up at the brown fox.",
  "The brown fox jumps back over the lazy dog.",
  "The lazy dog sleeps, and the brown fox goes home.",
]
let folder = ProcessInfo.processInfo.environment["FOX_MODEL"] ?? "../Weights/tale-gpt2"

do {
  let tokenizer = try GPT2Tokenizer(folder: folder)
  let trainable = try GPT2Trainable(GPT2Model.load(folder: folder).model)

  // Blocks of 16 tokens, each its own labels; two in a batch, and five passes over them.
  let blocks = try LanguageModelBlocks.cut(sentences, blockSize: 16) { texts in
    try texts.map { try tokenizer.encodeIDs($0) }
  }
  let task = try LanguageModelTask(trainable, training: blocks)
  var loop = try TrainingLoop(
    task, samples: task.trainingSamples, batchSize: 2, epochs: 5, learningRate: 3e-4)
  for epoch in 1...5 {
    let losses = try loop.epoch()
    print(
      "epoch \(epoch): loss \(String(format: "%.3f", losses.reduce(0, +) / Float(losses.count)))")
  }

  // `trainable.model` computes with the weights as they are now.
  let generator = try TokenGenerator(
    maxNewTokens: 60, endTokens: Set(trainable.configuration.endTokens),
    processors: [NoRepeatNGram(length: 2)])
  let prompt = try tokenizer.encodeIDs("The brown fox")
  var decoder = StreamingDecoder(tokenizer)
  var text = "The brown fox"
  for try await token in generator.tokens(after: prompt, on: trainable.model) {
    text += try decoder.feed(token)
    // One sentence is enough; leaving the loop ends the generation.
    if text.hasSuffix(".") { break }
  }
  print(text)
} catch {
  print(error.localizedDescription)
  exit(1)
}
