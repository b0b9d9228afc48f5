import FoxDecoding

/// # Splits
///
/// A model is measured on rows that it was not trained on. Which rows these are has to be the same
/// every time, so they are a function of the row's number: the first few percent, or every n-th.
///
///     10 rows, 25 %      validation  0 1            training  2 3 4 5 6 7 8 9
///     10 rows, every 4   held out    3 7            training  0 1 2 4 5 6 8 9
///
/// Source: `train[:5%]` and `train[5%:]` of `datasets`, as `run_clm.py` asks for them when there is
/// no validation file. Clauses `DATA-6` and `DATA-11`. Does not shuffle. The homework never splits:
/// it trains on CoQA's one file and evaluates on the other.
package enum Splits {
  /// The first `percentage` percent for validation, the rest for training.
  ///
  /// The cut is rounded to the nearest row, from halfway to the even one, as Python rounds: 2.5
  /// rows are 2.
  package static func first(
    percent percentage: Int, of count: Int
  ) throws(Fault) -> (training: Range<Int>, validation: Range<Int>) {
    // 0 and 100 are allowed: they leave one part empty, and the caller says whether that will do.
    guard (0...100).contains(percentage) else {
      throw Fault(
        "validation_split_percentage", found: "\(percentage)", expected: "0 to 100")
    }
    // `int(round(boundary * num_examples / 100.0))` in `datasets`. The product comes first, as
    // there: 0.07 times 100 would be 7.000000000000001.
    let cut = Int((Double(percentage) * Double(count) / 100).rounded(.toNearestOrEven))
    // The validation rows come first in the file.
    return (cut..<count, 0..<cut)
  }

  /// The last of every `period` rows is held out: those with `row % period == period − 1`.
  package static func every(
    _ period: Int, of count: Int
  ) throws(Fault) -> (training: [Int], heldOut: [Int]) {
    // A period of 1 would hold out every row.
    guard period >= 2 else {
      throw Fault("holdout_every", found: "\(period)", expected: "at least 2")
    }
    let rows = 0..<count
    return (
      // The last of each period, so that a file with fewer rows than a period loses none to the
      // test.
      rows.filter { $0 % period != period - 1 }, rows.filter { $0 % period == period - 1 }
    )
  }
}
