import FoxFiles
import FoxKernels
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Samples of like length together", .counted)
struct SampleOrderTests {
  @Test
  func `TRAIN-22 by hand: four mega-batches, the longest sample first of all`() {
    let lengths = [5, 1, 4, 1, 5, 9, 2, 6, 5]
    let grouping = SampleOrder.Grouping(lengths: lengths, batchSize: 2, accumulation: 1)
    // A step of 2 samples fits 4 times and more: mega-batches of one step.
    #expect(grouping.arranged(Array(0..<9)) == [5, 1, 2, 3, 0, 4, 7, 6, 8])
    // Fewer samples than four steps: mega-batches of one step again, here of everything.
    let all = SampleOrder.Grouping(lengths: lengths, batchSize: 5, accumulation: 2)
    #expect(all.arranged(Array(0..<9)) == [5, 7, 0, 4, 8, 2, 6, 1, 3])
    let huge = SampleOrder.Grouping(lengths: lengths, batchSize: .max, accumulation: .max)
    #expect(huge.arranged([1, 0]) == [0, 1])
    #expect(huge.arranged([]) == [])
  }

  @Test
  func `TRAIN-22 a run that was stopped in the middle of an epoch goes on in the same order`() {
    let lengths = (0..<23).map { $0 * $0 % 7 }
    func order(_ sampler: TorchGenerator) -> SampleOrder {
      SampleOrder(
        BatchOrder(samples: 23, batchSize: 3, sampler: sampler),
        grouping: .init(lengths: lengths, batchSize: 3, accumulation: 1))
    }
    var (first, generator) = (order(TorchGenerator(seed: 4)), TorchGenerator(seed: 5))
    first.beginEpoch(&generator)
    first.endEpoch()
    first.beginEpoch(&generator)
    var again = order(first.sampler)
    again.drawOrder()
    #expect((0..<9).allSatisfy { first.batch($0) == again.batch($0) })
    #expect((0..<8).flatMap { first.batch($0) }.sorted() == Array(0..<23))
    #expect(first.batch(8).isEmpty && generator.drawn == 4)
    // One permutation an epoch: 22 words.
    #expect(first.sampler.drawn == 22)
  }

  @Test
  func `TRAIN-22 a column of lengths decides, if the table has one`() throws {
    try Places.withTemporaryFolder { folder in
      let settings = ["group_by_length=true", "length_column_name=size"]
      let run = try RecordedClassifier.named("grouped").run(in: folder.path, settings: settings)
      let path = "\(folder.path)/train.csv"
      let csv = "sentence1,sentence2,label,size\r\na,b,0,3\r\nc,d e,1,1\r\nf,g,0,2\r\n"
      try AtomicFile.write(Array(csv.utf8), to: path)
      var notes: [String] = []
      let prepared = try run.prepare { notes.append($0) }
      #expect(prepared.task.trainingLengths == [3, 1, 2])
      #expect(notes.contains { $0.contains("grouped by the column \"size\"") })
      try AtomicFile.write(Array(csv.replacing("3", with: "x").utf8), to: path)
      let fault = #expect(throws: Fault.self) { try run.prepare() }
      #expect(fault?.place == "column \"size\"")
    }
  }

  @Test
  func `TRAIN-22 a length column without group_by_length is said to do nothing`() throws {
    var arguments = try Arguments(
      ["output_dir": "out", "length_column_name": "size"], path: "c.json", settings: [],
      fields: ArgumentField.training)
    #expect(try TrainingArguments(&arguments).groupsByLength == false)
    #expect(arguments.notes.contains { $0.contains("length_column_name has no effect") })
  }
}
