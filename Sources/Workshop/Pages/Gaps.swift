import FoxContract
import FoxDecoding

extension Site {
  /// What keeps the book from being built: one line for each clause or test.
  package var gaps: [String] {
    var gaps: [String] = []
    for proof in proofs {
      if case .gap(let reason) = proof.state {
        let sources = proof.clause.sources.map { place(of: proof.clause, in: $0) }
          .joined(separator: ", ")
        gaps.append("\(proof.clause.id): \(reason)" + (sources.isEmpty ? "" : " (\(sources))"))
      }
    }
    // Tests that failed and name no clause of the contract.
    let known = Set(contract.clauses.map(\.id))
    for test in run.tests where known.isDisjoint(with: test.clauses) {
      if case .failed(let failures) = test.outcome {
        gaps.append(
          "\(test.file):\(failures.first?.line ?? test.line): "
            + "\(failures.first?.message ?? test.words)")
      }
    }
    return gaps
  }

  /// A source with the line that a clause stands beside, where it stands on a page.
  private func place(of clause: Clause, in path: String) -> String {
    let file = chapters.flatMap(\.files).first { $0.path == path }
    return file.flatMap { line(of: clause, in: $0) }.map { "\(path):\($0)" } ?? path
  }

  /// The line of a file that a clause stands beside.
  func line(of clause: Clause, in file: SourceFile) -> Int? {
    file.passages.first { passage in
      proofs(beside: passage, of: file).contains { $0.clause.id == clause.id }
    }?.line
  }
}
