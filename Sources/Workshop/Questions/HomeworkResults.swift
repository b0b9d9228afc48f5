import FoxHomework

/// The results of the homework's questions, as far as they were answered.
///
/// One value, one JSON document: what `fox homework --json` prints is what `fox report` reads.
package struct HomeworkResults: Codable, Equatable, Sendable {
  /// What computed the results: the language model, where one answered.
  package var provenance: Provenance
  /// What computed those of part 3, the BERT and its sentences. Files of earlier versions lack it.
  package var classifierProvenance: Provenance?
  /// Q1.1: beam search.
  package var beamSearch: BeamSearchAnswer?
  /// Q1.2: why later tokens are surer.
  package var certainty: Q1_2?
  /// Q1.3: whether more beams find better sequences.
  package var beamSizes: Q1_3?
  /// Q1.4: what WordBlock breaks.
  package var wordBlock: Q1_4?
  /// Q1.5: what BeamBlock blocks.
  package var beamBlock: BeamBlockAnswer?
  /// Q2.1: fine-tuning on stories.
  package var fineTuning: Q2_1?
  /// Q3.1: BERT on twenty sentences.
  package var classification: Q3_1?
  /// Q3.2: BERT on back-translations too.
  package var augmentation: Q3_2?

  /// Results without an answer yet.
  package init(provenance: Provenance) { self.provenance = provenance }

  /// Results of part 3 without an answer yet.
  package init(classifiedBy provenance: Provenance) {
    (self.provenance, classifierProvenance) = (provenance, provenance)
  }
}

/// What computed a result.
package struct Provenance: Codable, Equatable, Sendable {
  /// The language model: the name of its folder.
  package var model: String
  package var parameters: Int
  /// SHA-256 of its weights.
  package var sha256: String
  /// The day, as 2026-01-31.
  package var date: String
  /// Whether real data (`FOX_DATA`) were used, or the few sentences that come with the package.
  package var data: String
}
