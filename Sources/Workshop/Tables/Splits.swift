/// How rows are kept from training.
extension Table {
  /// The first `percentage` percent of the rows for validation, the others for training:
  /// `train[:5%]` and `train[5%:]`, as `run_clm` asks for when there is no validation file. Where to
  /// cut is rounded to the nearest row, to the even one of two, as `datasets` and Python do. SPEC
  /// `DATA-11`.
  ///
  /// - Throws: ``DatasetError/option(name:value:expected:)`` unless it is 0 to 100.
  public func split(
    validationPercentage percentage: Int
  ) throws(DatasetError) -> (train: Table, validation: Table) {
    guard (0...100).contains(percentage) else {
      throw .option(
        name: "validation_split_percentage", value: "\(percentage)", expected: "0 to 100")
    }
    let boundary = Double(percentage) * Double(count) / 100
    let cut = Int(boundary.rounded(.toNearestOrEven))
    return (rows(cut..<count), rows(0..<cut))
  }

  /// What to train on and what to evaluate on: training rows are only split when there is an
  /// evaluation and no validation file. The homework never splits. SPEC `DATA-11`.
  ///
  /// - Returns: `validation` is nil when there is no evaluation and no file.
  /// - Throws: As ``split(validationPercentage:)``.
  public func split(
    validation: Table?, evaluates: Bool, percentage: Int = 5
  ) throws(DatasetError) -> (train: Table, validation: Table?) {
    if validation != nil || !evaluates { return (self, validation) }
    let parts = try split(validationPercentage: percentage)
    return (parts.train, parts.validation)
  }

  /// Holds out the last of every `period` rows, those with `row % period == period − 1`. SPEC
  /// `DATA-6`.
  ///
  /// - Throws: ``DatasetError/option(name:value:expected:)`` unless it is at least 2.
  public func holdOut(every period: Int) throws(DatasetError) -> (train: Table, heldOut: Table) {
    guard period >= 2 else {
      throw .option(name: "holdout_every", value: "\(period)", expected: "at least 2")
    }
    let all = 0..<count
    return (
      rows(all.filter { $0 % period != period - 1 }), rows(all.filter { $0 % period == period - 1 })
    )
  }
}
