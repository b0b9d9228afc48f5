import FoxDecoding

/// How rows of a table are kept from training: `Splits` of the Book says which.
extension Table {
  /// What to train on and what to evaluate on: training rows are only split when there is an
  /// evaluation and no validation file. The homework never splits. SPEC `DATA-11`.
  ///
  /// - Returns: `validation` is `nil` when there is no evaluation and no file.
  package func split(
    validation: Table?, evaluates: Bool, percentage: Int = 5
  ) throws(Fault) -> (train: Table, validation: Table?) {
    if validation != nil || !evaluates { return (self, validation) }
    let parts = try Splits.first(percent: percentage, of: count)
    return (rows(parts.training), rows(parts.validation))
  }

  /// Holds out the last of every `period` rows. SPEC `DATA-6`.
  package func holdOut(every period: Int) throws(Fault) -> (train: Table, heldOut: Table) {
    let parts = try Splits.every(period, of: count)
    return (rows(parts.training), rows(parts.heldOut))
  }
}
