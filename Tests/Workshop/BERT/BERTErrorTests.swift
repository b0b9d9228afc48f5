import TestSupport
import Testing

@testable import FoxBERT

@Suite("BERTError")
struct BERTErrorTests {
  @Test(
    "has words for every case", .spec("FAIL-1", "BERT-8"),
    arguments: [
      (BERTError.empty("text 3 of the batch"), "text 3 of the batch is empty"),
      (
        .architecture(path: "c.json", found: "gpt2"),
        "c.json: describes a model of type \"gpt2\"; only bert is supported here"
      ),
      (
        .configuration(path: "c.json", key: "k", found: "1", expected: "2"),
        "c.json: k is 1; supported is 2"
      ),
      (
        .token(id: 7, vocabulary: 5),
        "token id 7 is outside the model's vocabulary of 5 (ids 0 to 4); does the tokenizer belong to "
          + "the model?"
      ),
      (
        .type(id: 2, types: 2),
        "token type 2 is outside the model's 2 types (type_vocab_size)"
      ),
      (
        .tooLong(tokens: 600, positions: 512),
        "600 tokens are needed, but the model has 512 positions (max_position_embeddings); give fewer, "
          + "or let the tokenizer cut them"
      ),
      (.batch("words"), "words"), (.labels("words"), "words"),
      (
        .firstTokenHidden(row: 3),
        "the mask hides the first token of row 3, which the pooler reads; pad on the right"
      ),
      (.missingPart(.pooler), "the model has no pooler; mean and cls need none"),
      (
        .missingPart(.classifier),
        "the model has no classification head (classifier.weight); train one: fox train classifier"
      ),
      (
        .labelCount(file: "m", found: [3, 768], labels: 2),
        "m: the classification head has the shape [3, 768], the model 2 labels; set num_labels to 3, or "
          + "take the model before it was trained on its task"
      ),
      (
        .tokenizer(tokens: 30522, vocabulary: 90),
        "the tokenizer has ids up to 30521, the model only 90 words; the two do not belong together"
      ),
      (
        .badWeight(tensor: "w", index: 4, value: .infinity),
        "the weights are damaged: element 4 of w is inf"
      ),
      (
        .badOutput(row: 1),
        "the outputs of row 1 are not finite although every weight is: the model's numbers grow beyond "
          + "float32"
      ),
    ])
  func words(error: BERTError, words: String) {
    #expect(error.description == words)
  }
}
