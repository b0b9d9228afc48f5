import FoxFiles
import TestSupport
import Testing

@testable import FoxFormats

@Suite("The words of checkpoint errors", .spec("SAFE-13"))
struct CheckpointErrorTests {
  static let words: [(CheckpointError, String)] = [
    (.file(.fileMissing(path: "f")), "f: no such file"),
    (
      .tooShort(file: "f", bytes: 3),
      "f: has 3 bytes, too few for a safetensors file; an incomplete download?"
    ),
    (
      .headerTooLong(file: "f", length: 200, limit: 100, looksLike: nil),
      "f: is not a safetensors file: its header would have 200 bytes, the format allows 100"
    ),
    (
      .headerTooLong(file: "f", length: 200, limit: 100, looksLike: .gitLFSPointer),
      "f: is not a safetensors file: its header would have 200 bytes, the format allows 100; "
        + "it is a pointer of Git LFS; run git lfs pull"
    ),
    (
      .headerPastEnd(file: "f", end: 90, size: 20, looksLike: nil),
      "f: its header ends at byte 90, the file at 20; an incomplete download?"
    ),
    (
      .headerPastEnd(file: "f", end: 90, size: 20, looksLike: .webPage),
      "f: its header ends at byte 90, the file at 20; "
        + "it is a web page; was the download refused?"
    ),
    (.headerStart(file: "f", found: nil), "f: its header is empty"),
    (.headerStart(file: "f", found: 0x20), "f: its header begins with byte 0x20, not with '{'"),
    (
      .headerPadding(file: "f", found: 0x0A, position: 7),
      "f: its header is filled up with byte 0x0a at 7, the format allows only spaces"
    ),
    (
      .headerText(
        file: "f", problem: .duplicateKey("a"), position: .init(offset: 5, line: 1, column: 6)),
      #"f: its header is not valid: the name "a" appears twice in one object (byte 5 of the header)"#
    ),
    (
      .metadata(file: "f", key: nil, found: "an array"),
      "f: __metadata__ is an array, not an object of strings"
    ),
    (
      .metadata(file: "f", key: "k", found: "null"),
      #"f: __metadata__ holds null for "k", not a string"#
    ),
    (
      .entry(file: "f", tensor: "a", problem: .notObject(found: "null")),
      #"f: tensor "a" is null, not an object"#
    ),
    (
      .entry(file: "f", tensor: "a", problem: .missing(field: "shape")),
      #"f: tensor "a" has no shape"#
    ),
    (
      .entry(file: "f", tensor: "a", problem: .unknown(field: "x")),
      #"f: tensor "a" has a field "x", which the format does not have"#
    ),
    (
      .entry(file: "f", tensor: "a", problem: .unknownDType("f32")),
      #"f: tensor "a" has the dtype "f32", which the format does not have"#
    ),
    (
      .entry(
        file: "f", tensor: "a",
        problem: .wrong(field: "dtype", expected: "a string", found: "null")),
      #"f: tensor "a" has null in dtype, not a string"#
    ),
    (
      .tooManyElements(file: "f", tensor: "a", dtype: .f32, shape: [8, 9]),
      #"f: tensor "a" of F32 [8, 9] has more bytes than can be counted"#
    ),
    (
      .partOfByte(file: "f", tensor: "a", dtype: .f4, shape: [3], bits: 12),
      #"f: tensor "a" of F4 [3] has 12 bits, which are not whole bytes"#
    ),
    (
      .size(file: "f", tensor: "a", dtype: .f16, shape: [3], expected: 6, range: 2..<10),
      #"f: tensor "a" of F16 [3] takes 6 bytes, its range [2, 10) has 8"#
    ),
    (
      .reversed(file: "f", tensor: "a", begin: 4, end: 0),
      #"f: tensor "a" ends at byte 0, before it begins at 4"#
    ),
    (
      .hole(file: "f", range: 0..<4, after: nil, before: "a"),
      #"f: no tensor covers bytes [0, 4), between the start of the data and tensor "a""#
    ),
    (
      .hole(file: "f", range: 4..<8, after: "a", before: "b"),
      #"f: no tensor covers bytes [4, 8), between tensor "a" and tensor "b""#
    ),
    (
      .overlap(file: "f", tensor: "a", range: 0..<8, other: "b", otherRange: 4..<12),
      #"f: tensors "a" at [0, 8) and "b" at [4, 12) share bytes; tied weights must be stored once"#
    ),
    (
      .truncated(file: "f", expected: 100, found: 60),
      "f: has 60 of 100 bytes; an incomplete download? Fetch it again"
    ),
    (
      .trailing(file: "f", expected: 60, found: 100),
      "f: has 40 bytes behind its last tensor, which ends at 60"
    ),
    (.noTensor(file: "f", tensor: "a"), #"f: holds no tensor "a""#),
    (
      .notFloatingPoint(file: "f", tensor: "a", dtype: .i64),
      #"f: tensor "a" holds I64, a model needs floating point"#
    ),
    (
      .unsupported(file: "f", tensor: "a", dtype: .f8e4m3),
      #"f: tensor "a" holds F8_E4M3, which is not read here; convert it to F32, F16 or BF16"#
    ),
    (
      .elementCount(file: "f", tensor: "a", shape: [2], expected: 3),
      #"f: tensor "a" has shape [2], 3 elements are asked for"#
    ),
    (
      .reservedName(file: "f"),
      "f: a tensor cannot be called __metadata__, the format keeps that name"
    ),
    (.duplicateName(file: "f", tensor: "a"), #"f: two tensors are called "a""#),
    (
      .givenBytes(file: "f", tensor: "a", expected: 8, found: 4),
      #"f: tensor "a" takes 8 bytes, 4 are given"#
    ),
    (
      .cannotHold(file: "f", tensor: "a", dtype: .bf16, format: .npz),
      #"f: tensor "a" holds BF16, which NumPy's format cannot hold; "#
        + "convert to f32 or write safetensors"
    ),
    (
      .outgoing(file: "f", tensor: "a", problem: .name),
      #"f: tensor "a" has a name that the format cannot hold; write safetensors"#
    ),
    (
      .outgoing(file: "f", tensor: "a", problem: .dimensions(65, limit: 64)),
      #"f: tensor "a" has 65 dimensions, the format holds 64"#
    ),
    (
      .unknownExtension(file: "f"),
      "f: the name says no format to write; known are .safetensors, .bin, .pt, .pth and .npz"
    ),
    (
      .noWeights(folder: "d"),
      "d: holds no model.safetensors or pytorch_model.bin; is it the folder of a model?"
    ),
    (
      .format(file: "d/tf_model.h5", format: .tensorFlow),
      "d/tf_model.h5: weights of TensorFlow are not read here; convert it in Python with "
        + "transformers: AutoModel….from_pretrained(folder)"
        + #".save_pretrained(folder, max_shard_size="100GB")"#
    ),
  ]

  @Test("as a table", arguments: words)
  func table(error: CheckpointError, words: String) {
    #expect(error.description == words)
  }

  @Test("shapes and names from outside are cut")
  func cut() {
    #expect(shown(Array(repeating: 1, count: 9)) == "[1, 1, 1, 1, 1, 1, 1, 1, …]")
    #expect(shown([1, 2]) == "[1, 2]")
  }
}
