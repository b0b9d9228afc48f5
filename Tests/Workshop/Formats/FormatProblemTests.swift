import TestSupport
import Testing

@testable import FoxFormats

@Suite("The words of problems of zip, pickle, PyTorch, NumPy and indexes", .spec("SAFE-13"))
struct FormatProblemTests {
  static let archives: [(ZipProblem, String)] = [
    (.noEnd, "the zip archive has no end; an incomplete download?"),
    (.twoEnds(3, 9), "the zip archive could end by its records at byte 3 and at byte 9"),
    (.record("directory", offset: 7), "the zip archive's directory at byte 7 is damaged"),
    (.disagreement("the ends"), "in the zip archive, the ends contradict each other"),
    (.multiDisk, "the zip archive is one of several parts; join them first"),
    (.stray(2..<5), "bytes [2, 5) of the zip archive belong to no entry"),
    (.overlap("a", "b"), #"in the zip archive, "a" and "b" share bytes"#),
    (.duplicate("a"), #"the zip archive has two entries "a""#),
    (
      .badName("../a"),
      #"the zip archive has an entry "../a", a name that leads elsewhere or cannot be read"#
    ),
    (.encrypted("a"), #""a" in the zip archive is encrypted"#),
    (
      .method("a", 12),
      #""a" in the zip archive is compressed by method 12; read are 0 and 8 (deflate)"#
    ),
    (
      .badSize("a", compressed: 3, size: 9_999),
      #""a" in the zip archive says that its 3 bytes make 9999, which they cannot"#
    ),
    (
      .bomb(inflated: 90, limit: 80),
      "the zip archive inflates to 90 bytes or more, 80 are allowed for its size; "
        + "unpack it first if you trust it"
    ),
    (
      .inflate("a", expected: 7),
      #""a" in the zip archive is damaged: it does not inflate to 7 bytes"#
    ),
    (
      .checksum("a", expected: 1, found: 0xABCD_EF01),
      #""a" in the zip archive is damaged: its checksum is abcdef01, not 00000001"#
    ),
    (.nothing, "the zip archive holds no checkpoint that is read here"),
    (
      .several(["a", "b"]),
      #"the zip archive holds several checkpoints: "a", "b"; unpack the one you mean"#
    ),
    (.nested("a"), "the zip archive is in another one and holds no checkpoint itself"),
  ]

  static let pickles: [(PickleProblem, String)] = [
    (.cut, "wants more than there is; an incomplete download?"),
    (.operation(0x69), "is operation 0x69, which no state dictionary needs"),
    (.version(4), "begins protocol 4; PyTorch writes protocol 2"),
    (
      .global("a.b"),
      #"asks for "a.b", which is not among the few names that stand for tensors; "#
        + "nothing was called. If you trust the file, save its state_dict anew"
    ),
    (.misuse(operation: "BUILD", of: "None"), "is BUILD on None"),
    (.stack, "takes values that are not there, or leaves some"),
    (.memo(3), "recalls number 3, which was not kept"),
    (.text, "is text that is not UTF-8, or a name that is not ASCII"),
    (.tooMuch("levels", limit: 100), "goes beyond 100 levels"),
    (.trailing, "is behind its end"),
  ]

  static let torch: [(TorchProblem, String)] = [
    (
      .script,
      "is a TorchScript program, not a checkpoint; in Python: "
        + "torch.save(torch.jit.load(file).state_dict(), other)"
    ),
    (
      .tar,
      "is a tar archive, as PyTorch wrote before 0.1.11, which is unsafe to read; "
        + "load it in an old PyTorch and save it anew"
    ),
    (.notTorch, "is a pickle, but none that torch.save wrote"),
    (.unknown("byteorder", found: "x"), #"its byteorder is "x", which is not read here"#),
    (.noStateDictionary(keys: []), "holds no dictionary of tensors"),
    (
      .noStateDictionary(keys: ["a", "b"]),
      #"holds no dictionary of tensors; its keys are "a", "b""#
    ),
    (.name(found: "None"), "a tensor is called by None, not by a text"),
    (
      .noStorage(tensor: "a", key: "0"), #"the storage "0" of tensor "a" is not in the file"#
    ),
    (
      .storageSize(tensor: "a", key: "0", expected: 8, found: 4),
      #"the storage "0" has 4 bytes, tensor "a" asks for 8"#
    ),
    (.storageConflict(key: "0"), #"the storage "0" is described twice, in different ways"#),
    (.strayStorage(key: "0"), #"the storage "0" belongs to no tensor"#),
    (.cut(key: "0"), #"ends before its storage "0" does; an incomplete download?"#),
    (.trailing(bytes: 3), "has 3 bytes behind its last storage"),
    (
      .view(tensor: "a", problem: .dimensions(sizes: 2, strides: 1)),
      #"tensor "a" has 2 sizes and 1 strides"#
    ),
    (
      .view(tensor: "a", problem: .negative), #"tensor "a" has a negative size, stride or offset"#
    ),
    (
      .view(tensor: "a", problem: .tooMany),
      #"tensor "a" has more elements, or longer strides, than can be counted"#
    ),
    (
      .view(tensor: "a", problem: .outside(last: 6, elements: 6)),
      #"tensor "a" reaches to element 6 of a storage of 6"#
    ),
    (
      .view(tensor: "a", problem: .repeats(elements: 9, of: 2)),
      #"tensor "a" repeats the 2 elements of its storage to 9"#
    ),
  ]

  static let arrays: [(NumPyProblem, String)] = [
    (.cut, "ends in the header of the array, or has none; an incomplete download?"),
    (.version(4), "has version 4 of NumPy's format; read are 1 to 3"),
    (
      .headerTooLong(length: 90, limit: 80),
      "the header of the array has 90 bytes, 80 are allowed"
    ),
    (
      .header(expected: "','", position: 3), "the header of the array wants ',' at byte 3"
    ),
    (.kind("|O"), #"the array holds "|O", which is not read here; convert it to numbers"#),
    (.tooMany(shape: [2, 3]), "the array [2, 3] has more bytes than can be counted"),
    (
      .size(shape: [2], expected: 8, found: 4), "the array [2] takes 8 bytes, the file has 4"
    ),
    (.notAnArray(entry: "a"), #""a" in the archive of arrays is none"#),
  ]

  static let shards: [(ShardProblem, String)] = [
    (.noMap, "has no weight_map of names of files"),
    (
      .badName(tensor: "a", file: "../b"),
      #"tensor "a" is in "../b", which is no file beside the index"#
    ),
    (
      .notThere(tensor: "a", file: "b"), #"tensor "a" is not in "b", where the index says it is"#
    ),
    (.nested(file: "b"), #"its part "b" is an index too"#),
  ]

  @Test("as tables")
  func tables() {
    for (problem, words) in Self.archives {
      #expect(CheckpointError.zip(file: "f", problem: problem).description == "f: \(words)")
    }
    for (problem, words) in Self.pickles {
      let error = CheckpointError.pickle(file: "f", position: 9, problem: problem)
      #expect(error.description == "f: byte 9 of the pickle \(words)")
    }
    for (problem, words) in Self.torch {
      #expect(CheckpointError.torch(file: "f", problem: problem).description == "f: \(words)")
    }
    for (problem, words) in Self.arrays {
      #expect(CheckpointError.numpy(file: "f", problem: problem).description == "f: \(words)")
    }
    for (problem, words) in Self.shards {
      #expect(CheckpointError.shards(file: "f", problem: problem).description == "f: \(words)")
    }
  }

  @Test("long lists of names are cut")
  func cut() {
    let names = (0..<9).map { "\($0)" }
    #expect(ZipProblem.several(names).description.contains(#""5" and 3 more;"#))
    #expect(CheckpointFormat.allCases.allSatisfy { !$0.name.isEmpty })
  }
}
