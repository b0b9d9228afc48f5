import FoxKernels

// What a checkpoint of a model holds, in the order of transformers' state dictionary: that in which
// the chapter's models ask for their weights. SPEC `GPT2-1`, `BERT-1`.

extension GPT2Configuration {
  /// The name and shape of every parameter, in the order of transformers' state dictionary.
  package var parameters: [(name: String, shape: [Int])] {
    let (c, inner) = (channels, innerChannels)
    var list = [("wte.weight", [vocabularySize, c]), ("wpe.weight", [positions, c])]
    for layer in 0..<layers {
      // Conv1D: [in, out]. Queries, keys and values are one product of three times the width.
      for (name, shape) in [
        ("ln_1", [c]), ("attn.c_attn", [c, 3 * c]), ("attn.c_proj", [c, c]), ("ln_2", [c]),
        ("mlp.c_fc", [c, inner]), ("mlp.c_proj", [inner, c]),
      ] {
        list += withBias("h.\(layer).\(name)", shape, shape.suffix(1))
      }
    }
    list += withBias("ln_f", [c], [c])
    // A tied head is no parameter of its own: it is wte, read the other way.
    if !tiesEmbeddings { list.append(("lm_head.weight", [vocabularySize, c])) }
    return list
  }
}

extension BERTConfiguration {
  /// The name and shape of every parameter, in the order of the state dictionary of
  /// `BertForSequenceClassification`; an encoder has no classifier.
  package var parameters: [(name: String, shape: [Int])] {
    let (c, inner) = (channels, innerChannels)
    var list = [
      ("embeddings.word_embeddings.weight", [vocabularySize, c]),
      ("embeddings.position_embeddings.weight", [positions, c]),
      ("embeddings.token_type_embeddings.weight", [types, c]),
    ]
    list += withBias("embeddings.LayerNorm", [c], [c])
    for layer in 0..<layers {
      // `nn.Linear`: [out, in]. Queries, keys and values are maps of their own, unlike GPT-2's. The
      // reference calls the first map of the feed-forward layer `intermediate`, the second
      // `output`.
      for (name, shape) in [
        ("attention.self.query", [c, c]), ("attention.self.key", [c, c]),
        ("attention.self.value", [c, c]), ("attention.output.dense", [c, c]),
        ("attention.output.LayerNorm", [c]), ("intermediate.dense", [inner, c]),
        ("output.dense", [c, inner]), ("output.LayerNorm", [c]),
      ] {
        list += withBias("encoder.layer.\(layer).\(name)", shape, shape.prefix(1))
        if name == "attention.self.value", relativePositions != nil {
          list.append(
            (
              "encoder.layer.\(layer).attention.self.distance_embedding.weight",
              [2 * positions - 1, c / max(heads, 1)]
            ))
        }
      }
    }
    list += withBias("pooler.dense", [c, c], [c])  // a part of the body, though not of every file
    list = list.map { ("bert.\($0.0)", $0.1) }  // the classifier is a sibling of the body `bert`
    if architecture == .classifier {
      list += withBias("classifier", [labels.count, c], [labels.count])
    }
    return list
  }
}

private func withBias(
  _ name: String, _ weight: [Int], _ bias: ArraySlice<Int>
) -> [(String, [Int])] {
  [("\(name).weight", weight), ("\(name).bias", Array(bias))]
}
