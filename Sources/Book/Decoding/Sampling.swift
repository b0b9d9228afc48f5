import Foundation

/// # Sampling
///
/// Text whose every token is the likeliest is dull and repeats itself (Holtzman et al. 2020,
/// arXiv 1904.09751). Sampling draws each token with its probability instead.
///
/// PyTorch draws by a race. Every token `i` runs for a random time, exponentially distributed with
/// a rate equal to its probability; the first to arrive is drawn:
///
///     tᵢ = eᵢ / pᵢ,  eᵢ ~ Exponential(1)        P(tᵢ is the least) = pᵢ / Σ p
///
/// In code it is the greatest `pᵢ / eᵢ`, so that a probability of 0 never wins. The probabilities
/// need not add up to 1, which is convenient after processors have taken some away.
///
/// Source: `torch.multinomial` for one sample, `ATen/native/Distributions.cpp`. The random numbers
/// come from outside: PyTorch's own are in the chapter Numbers. Temperature, top-k and top-p are
/// processors, in the Workshop.

/// A ``Choice`` at random.
///
/// - Parameter exponentials: Gives that many random numbers with the density `e⁻ˣ`.
public func sampled(_ exponentials: @escaping (_ count: Int) -> [Float]) -> Choice {
  // Log-probabilities back to probabilities, [V]; a blocked token has exp(−1e9) = 0. One number is
  // drawn for every token, likely or not, so the stream advances by V at each step as PyTorch's
  // does.
  { scores in draw(scores.map { exp($0) }, exponentials(scores.count)) }
}

/// The winner of the race; `nil` if no probability is above 0. Both arrays are `[V]`.
package func draw(_ probabilities: [Float], _ exponentials: [Float]) -> Int? {
  // The race starts at speed 0 and needs more than that: probability 0 never wins, not even alone.
  var best: (token: Int?, speed: Float) = (nil, 0)
  for token in probabilities.indices {
    // PyTorch's `q.exponential_(1)`, then the argmax of `p / q`, [V]. Of equal ones the first wins.
    let speed = probabilities[token] / exponentials[token]
    if speed > best.speed { best = (token, speed) }
  }
  return best.token  // `nil` when nobody ran
}
