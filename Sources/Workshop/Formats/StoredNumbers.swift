import CFoxKernels
import Foundation

/// Writes stored numbers as float32; what `dtype` is not read is left alone.
///
/// - Parameters:
///   - bytes: As they are in a file, at any address.
///   - dtype: F16, BF16, F32 or F64.
///   - target: Room for every element.
func widen(_ bytes: UnsafeRawBufferPointer, _ dtype: DType, to target: UnsafeMutablePointer<Float>)
{
  guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
  switch dtype {
  case .f32: memcpy(target, start, bytes.count)
  case .f16: widenHalves(bytes, to: target, fox_f16_to_f32)
  case .bf16: widenHalves(bytes, to: target, fox_bf16_to_f32)
  case .f64:
    for index in 0..<bytes.count / 8 {
      target[index] = Float(start.loadUnaligned(fromByteOffset: 8 * index, as: Double.self))
    }
  default: break
  }
}

/// C reads 16-bit numbers at even addresses only; those at odd ones go through a small buffer.
private func widenHalves(
  _ bytes: UnsafeRawBufferPointer, to target: UnsafeMutablePointer<Float>,
  _ kernel: (UnsafePointer<UInt16>, UnsafeMutablePointer<Float>, Int) -> Void
) {
  guard let start = bytes.baseAddress else { return }
  let count = bytes.count / 2
  if UInt(bitPattern: start) % 2 == 0 {
    kernel(start.assumingMemoryBound(to: UInt16.self), target, count)
    return
  }
  withHalves { halves, capacity in
    for first in stride(from: 0, to: count, by: capacity) {
      let piece = min(capacity, count - first)
      memcpy(halves, start + 2 * first, 2 * piece)
      kernel(halves, target + first, piece)
    }
  }
}

/// Calls `body` with each piece of `source` rounded to `dtype`, F16 or BF16, to nearest, ties to
/// even.
func forEachRounded(
  _ source: UnsafeBufferPointer<Float>, to dtype: DType,
  _ body: (UnsafeRawBufferPointer) throws -> Void
) rethrows {
  guard let start = source.baseAddress else { return }
  let kernel = dtype == .f16 ? fox_f32_to_f16 : fox_f32_to_bf16
  try withHalves { halves, capacity in
    for first in stride(from: 0, to: source.count, by: capacity) {
      let piece = min(capacity, source.count - first)
      kernel(start + first, halves, piece)
      try body(UnsafeRawBufferPointer(start: halves, count: 2 * piece))
    }
  }
}

/// Calls `body` with each piece of stored numbers as float32.
func forEachWidened(
  _ bytes: UnsafeRawBufferPointer, from dtype: DType,
  _ body: (UnsafeBufferPointer<Float>) throws -> Void
) rethrows {
  let (capacity, size) = (32_768, dtype.bits / 8)
  let floats = UnsafeMutablePointer<Float>.allocate(capacity: capacity)
  defer { floats.deallocate() }
  for start in stride(from: 0, to: bytes.count, by: capacity * size) {
    let piece = bytes[start..<min(start + capacity * size, bytes.count)]
    widen(UnsafeRawBufferPointer(rebasing: piece), dtype, to: floats)
    try body(UnsafeBufferPointer(start: floats, count: piece.count / size))
  }
}

/// A buffer that stays in the processor's cache.
private func withHalves(
  _ body: (UnsafeMutablePointer<UInt16>, _ capacity: Int) throws -> Void
) rethrows {
  let capacity = 32_768
  let halves = UnsafeMutablePointer<UInt16>.allocate(capacity: capacity)
  defer { halves.deallocate() }
  try body(halves, capacity)
}
