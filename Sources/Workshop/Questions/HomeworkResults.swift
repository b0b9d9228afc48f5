import FoxHomework

/// The results of the homework's questions, as far as they were answered.
///
/// One value, one JSON document: what `fox homework --json` prints is what `fox report` reads.
public struct HomeworkResults: Codable, Equatable, Sendable {
  /// What computed the results: the language model, where one answered.
  public var provenance: Provenance
  /// What computed those of part 3, the BERT and its sentences. Files of earlier versions lack it.
  public var classifierProvenance: Provenance?
  /// Q1.1: beam search.
  public var beamSearch: BeamSearchAnswer?
  /// Q1.2: why later tokens are surer.
  public var certainty: Q1_2?
  /// Q1.3: whether more beams find better sequences.
  public var beamSizes: Q1_3?
  /// Q1.4: what WordBlock breaks.
  public var wordBlock: Q1_4?
  /// Q1.5: what BeamBlock blocks.
  public var beamBlock: BeamBlockAnswer?
  /// Q2.1: fine-tuning on stories.
  public var fineTuning: Q2_1?
  /// Q3.1: BERT on twenty sentences.
  public var classification: Q3_1?
  /// Q3.2: BERT on back-translations too.
  public var augmentation: Q3_2?

  /// Results without an answer yet.
  public init(provenance: Provenance) { self.provenance = provenance }

  /// Results of part 3 without an answer yet.
  public init(classifiedBy provenance: Provenance) {
    (self.provenance, classifierProvenance) = (provenance, provenance)
  }
}

/// What computed a result.
public struct Provenance: Codable, Equatable, Sendable {
  /// The language model: the name of its folder.
  public var model: String
  /// The parameters of the model.
  public var parameters: Int
  /// SHA-256 of its weights.
  public var sha256: String
  /// The day, as 2026-01-31.
  public var date: String
  /// Whether real data (`FOX_DATA`) were used, or the few sentences that come with the package.
  public var data: String
}
