import FoxKernels

/// A function of each element, on several threads.
public enum Activation {
  /// The function of `count` elements: from, to, count.
  public typealias Forward = (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  /// Its backward pass: x, dy, dx, count.
  public typealias Backward = (
    UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int
  ) -> Void

  private static let grain = 16_384

  /// `y = function(x)`.
  public static func forward(
    _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>,
    _ function: Forward
  ) {
    Parallel.ranges(count, grain: grain) { range in
      function(x + range.lowerBound, y + range.lowerBound, range.count)
    }
  }

  /// `dx = dy · function′(x)`; `dx` may be `dy`.
  public static func backward(
    _ dy: UnsafePointer<Float>, x: UnsafePointer<Float>, count: Int,
    into dx: UnsafeMutablePointer<Float>, _ function: Backward
  ) {
    Parallel.ranges(count, grain: grain) { range in
      let start = range.lowerBound
      function(x + start, dy + start, dx + start, range.count)
    }
  }
}
