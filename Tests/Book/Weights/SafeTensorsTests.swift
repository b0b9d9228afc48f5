import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxWeights

@Suite("Safetensors", .counted)
struct SafeTensorsTests {
  @Test
  func `SAFE-1 SAFE-9 three numbers, byte by byte`() throws {
    let header = #"{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#
    let file: [UInt8] =
      [55, 0, 0, 0, 0, 0, 0, 0]  // the header has 55 bytes
      + Array(header.utf8)
      + [0x00, 0x00, 0x80, 0x3F]  // 1, as a float32 from its lowest byte to its highest
      + [0x00, 0x00, 0x00, 0xC0]  // -2
      + [0x00, 0x00, 0x00, 0x3F]  // 0.5
    let checkpoint = try SafeTensorsFile(StoredBytes(copying: file), path: "x.safetensors")
    #expect(checkpoint.tensors.map(\.name) == ["x"])
    #expect(checkpoint["x"]?.dtype == .f32)
    #expect(checkpoint["x"]?.shape == [3])
    #expect(try checkpoint.tensor(named: "x").elements == [1, -2, 0.5])
    // A byte less, and a byte more, are refused.
    expectFault("x.safetensors", found: "74 bytes", expected: "75") {
      try SafeTensorsFile(StoredBytes(copying: file.dropLast()), path: "x.safetensors")
    }
    expectFault("x.safetensors", found: "76 bytes", expected: "75") {
      try SafeTensorsFile(StoredBytes(copying: file + [0]), path: "x.safetensors")
    }
  }

  @Test
  func `SAFE-1 SAFE-9 every dtype the reference writes, byte for byte`() throws {
    let file = try SafeTensorsFile(path: Places.golden("checkpoints/dtypes.safetensors"))
    let cases = try Golden.cases("checkpoints/dtypes.json")
    #expect(file.tensors.count == cases.count)
    for entry in cases {
      let name = try #require(entry["name"]?.string)
      let info = try #require(file[name], "\(name)")
      #expect(info.dtype.rawValue == entry["dtype"]?.string)
      #expect(info.shape == (try entry.required("shape").integers()))
      let golden = bytes(hexadecimal: try #require(entry["bytes"]?.string))
      expectSame(try file.withBytes(of: name) { Array($0) }, golden, name)
      if let widened = entry["float32"]?.string {
        let elements = try file.tensor(named: name).elements
        expectSame(bits(elements), bits(floats(bytes(hexadecimal: widened))), name)
      }
    }
  }

  @Test
  func `SAFE-9 the golden has every dtype torch can write`() throws {
    let file = try SafeTensorsFile(path: Places.golden("checkpoints/dtypes.safetensors"))
    let absent = Set(DType.allCases).subtracting(file.tensors.map(\.dtype))
    #expect(absent == [.f6e2m3, .f6e3m2])
    #expect(file.metadata.map(\.key) == ["format"])
    #expect(file.metadata.map(\.value) == ["pt"])
  }

  @Test
  func `SAFE-9 every F16 is widened exactly`() throws {
    let all = (0...UInt16.max).map { $0 }
    let made = try all.withUnsafeBytes { try file(dtype: .f16, shape: [all.count], $0, lead: 0) }
    #expect(
      bits(try made.tensor(named: "a").elements) == bits(all.map { Float(Float16(bitPattern: $0)) })
    )
  }

  @Test
  func `SAFE-9 F32 is shown in place when aligned, copied when not`() throws {
    let values: [Float] = [1.5, -2, .pi]
    for lead in 0..<8 {
      let made = try values.withUnsafeBytes { try file(dtype: .f32, shape: [3], $0, lead: lead) }
      let tensor = try made.tensor(named: "a")
      #expect(tensor.elements == values)
      let address = try made.withBytes(of: "a") { UInt(bitPattern: $0.baseAddress) }
      #expect((UInt(bitPattern: tensor.pointer) == address) == (address % 4 == 0))
    }
  }

  @Test(arguments: 0..<8)
  func `SAFE-9 16- and 64-bit numbers at any address`(lead: Int) throws {
    let halves: [UInt16] = (0..<70_000).map { UInt16($0 % 30_000) }
    let f16 = try halves.withUnsafeBytes {
      try file(dtype: .f16, shape: [halves.count], $0, lead: lead)
    }
    #expect(
      try f16.tensor(named: "a").elements == halves.map { Float(Float16(bitPattern: $0)) })
    let doubles: [Double] = [1, 1e300, -1e300, 1 + 0x1p-24, 1 + 3 * 0x1p-24, 1e-46]
    let f64 = try doubles.withUnsafeBytes { try file(dtype: .f64, shape: [6], $0, lead: lead) }
    #expect(
      try f64.tensor(named: "a").elements == [
        1, .infinity, -.infinity, 1, 1 + 0x1p-22, 0,
      ])
  }

  @Test
  func `SAFE-9 FILE-1 a tensor outlives the file it is from`() throws {
    let tensor = try SafeTensorsFile(path: Places.golden("checkpoints/dtypes.safetensors"))
      .tensor(named: "scalar")
    #expect(tensor.shape == [])
    #expect(tensor.elements == [3.5])
  }

  @Test
  func `SAFE-9 integers, complex numbers and small floats are refused, their bytes shown`() throws {
    let file = try SafeTensorsFile(path: Places.golden("checkpoints/dtypes.safetensors"))
    for dtype in DType.allCases where !dtype.readsAsFloat {
      guard let info = file["every.\(dtype.rawValue)"] else { continue }
      expectFault(
        file.path, at: "tensor \"\(info.name)\"", found: dtype.rawValue,
        expected: dtype.rawValue.hasPrefix("F") ? "F64, F32, F16 or BF16" : "floating point"
      ) { try file.tensor(named: info.name) }
      #expect(try file.withBytes(of: info.name) { $0.count } == 120)
    }
    expectFault(file.path, found: #"no tensor "absent""#, expected: "one of that name") {
      try file.tensor(named: "absent")
    }
  }

  @Test
  func `SAFE-6 dtypes have the sizes of the format`() {
    #expect(DType.f4.bitCount(of: [3, 2]) == 24)
    #expect(DType.f6e2m3.bitCount(of: [4]) == 24)
    #expect(DType.u64.bitCount(of: []) == 64)
    #expect(DType.bf16.bitCount(of: [0, 5]) == 0)
    #expect(DType.bool.bits == 8 && DType.f8e4m3fnuz.bits == 8 && DType.c64.bits == 64)
  }

  /// A file of one tensor `a`, behind `lead` bytes of another.
  private func file(
    dtype: DType, shape: [Int], _ bytes: UnsafeRawBufferPointer, lead: Int
  ) throws -> SafeTensorsFile {
    var made = HandMade(
      "{\"z\":{\"dtype\":\"U8\",\"shape\":[\(lead)],\"data_offsets\":[0,\(lead)]},"
        + "\"a\":{\"dtype\":\"\(dtype.rawValue)\",\"shape\":\(shape),"
        + "\"data_offsets\":[\(lead),\(lead + bytes.count)]}}", data: lead)
    made.bytes += Array(bytes)
    return try made.open()
  }
}

@Suite("The reference's verdicts", .counted)
struct VerdictTests {
  /// Files that the reference takes and we refuse, as SPEC lists them.
  static let stricter: Set = [
    "leading space", "leading newline", "newline padding", "tab padding",
    "duplicate name, both valid", "duplicate name by an escape", "duplicate metadata key",
    "unknown field", "nested 125 deep",
  ]

  @Test
  func `SAFE-14 refused is what the reference refuses, and the listed`() throws {
    for entry in try Golden.cases("checkpoints/verdicts.json") {
      let name = try #require(entry["name"]?.string)
      var made = HandMade()
      made.bytes = bytes(hexadecimal: try #require(entry["file"]?.string))
      let isTaken = entry["reference"]?.string == "accepted" && !Self.stricter.contains(name)
      do throws(Fault) {
        let file = try made.open()
        #expect(isTaken, "\(name): taken, \(file.tensors.count) tensors")
      } catch {
        #expect(!isTaken, "\(name): \(error)")
      }
    }
  }

  @Test
  func `SAFE-14 the list of what we refuse beyond the reference is exact`() throws {
    let accepted = try Golden.cases("checkpoints/verdicts.json").filter {
      $0["reference"]?.string == "accepted"
    }
    #expect(Self.stricter.isSubset(of: accepted.compactMap { $0["name"]?.string }))
  }
}

@Suite("Attacks with whole files", .counted)
struct FileAttacks {
  private func golden() throws -> [UInt8] {
    try MappedFile(path: Places.golden("checkpoints/dtypes.safetensors")).withBytes { Array($0) }
  }

  @Test
  func `SAFE-14 truncated at every byte`() throws {
    let whole = try golden()
    #expect(throws: Never.self) { try HandMade(bytes: whole).open() }
    for count in whole.indices {
      let fault = fault { try HandMade(bytes: Array(whole.prefix(count))).open() }
      #expect(fault?.subject == HandMade.path, "cut after \(count) bytes")
    }
  }

  @Test
  func `SAFE-14 a folder, a device, nothing`() throws {
    try Places.withTemporaryFolder { folder in
      let absent = folder.appendingPathComponent("absent.safetensors").path
      for (path, fault) in [
        (folder.path, Fault.notAFile(path: folder.path)),
        ("/dev/null", .notAFile(path: "/dev/null")), (absent, .fileMissing(path: absent)),
      ] {
        #expect(throws: fault) { try SafeTensorsFile(path: path) }
      }
    }
  }

  @Test
  func `SAFE-14 SAFE-13 names that would speak to the terminal are shown escaped`() {
    HandMade(#"{"\u001b[31m\n":1}"#, data: 0).expectRefusal(
      at: #"tensor "\u{1B}[31m\n""#, found: "an integer", expected: "an object")
  }

  @Test
  func `SAFE-14 SAFE-13 a name of a megabyte is cut in the message`() throws {
    let name = String(repeating: "x", count: 1 << 20)
    let file = try HandMade().open()
    let words = fault { try file.tensor(named: name) }?.description ?? name
    #expect(words.utf8.count < 200)
  }

  @Test
  func `SAFE-14 four thousand mutations: a fault, or a file that can be read to the last byte`()
    throws
  {
    let seeds = [
      HandMade(ranges: [(0, 4), (4, 9)], data: 9), HandMade(), HandMade(bytes: try golden()),
    ]
    var random = SplitMix(state: 7)
    var accepted = 0
    for round in 0..<4_000 {
      var made = seeds[round % seeds.count]
      for _ in 0...Int.random(in: 0..<3, using: &random) { made.bytes.mutate(&random) }
      do throws(Fault) {
        try made.open().readEverything()
        accepted += 1
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
    // Changes to the data and to names are harmless; if nothing passed, nothing was tried.
    #expect(accepted > 100 && accepted < 3_500)
  }
}

extension TensorFile {
  /// Touches every byte and widens what can be widened.
  fileprivate func readEverything() throws(Fault) {
    for tensor in tensors {
      let sum = try storedBytes(of: tensor).withBytes { $0.reduce(0) { $0 &+ Int($1) } }
      #expect(sum >= 0)
      if tensor.dtype.readsAsFloat {
        #expect(try self.tensor(named: tensor.name).elements.count == tensor.count)
      } else {
        #expect(throws: Fault.self) { try self.tensor(named: tensor.name) }
      }
    }
  }
}
