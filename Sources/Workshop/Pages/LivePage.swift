import Foundation
import FoxDecoding
import FoxFiles
import FoxNumbers
import FoxTokenizers
import FoxTraining
import FoxWeights

/// # Things to try
///
/// A word that is merged step by step, a text and its tokens, a beam search over four words, a causal
/// mask, a schedule. All but the first two are computed here, by the Book's own code, and the page only
/// chooses what to show. Merging has to follow what a reader types, so the page has a script of its own
/// for it, of some twenty lines; a test lets a browser and the Book encode the same texts.
extension Site {
  func livePage() -> Markup {
    page(
      "Try it", kind: "live",
      """
      <p class="lead">Small versions of what the chapters do. Everything here was computed by the Book's \
      code when this page was made; merging runs in the page and is compared with the Book by a test.</p>
      <section id="merging"><h2>Byte-pair encoding</h2>
      <p>The first \(Live.merges.count) merges of GPT-2, in their order. Type a text; choose one of its \
      words to see it merged; Ġ stands for a blank. <a href="Tokenizers-BytePairEncoding.html">The chapter</a></p>
      <p><label for="text">Text</label> <input id="text" value="The other weather, whatever the weather" \
      autocomplete="off" spellcheck="false" maxlength="400"></p>
      <p id="tokens" class="tokens" aria-live="polite"></p>
      <div id="steps" class="scroll" tabindex="0"></div></section>
      <section id="beams"><h2>Beam search over four words</h2>
      <p>What may follow depends on the last word alone; scores are sums. With one beam the search is \
      greedy. <a href="Decoding-BeamSearch.html">The chapter</a></p>
      <p><span class="field"><label for="width">Beams</label> \
      <input id="width" type="range" min="1" max="4" value="2"> <output for="width"></output></span> \
      <span class="field"><label for="step">Steps</label> \
      <input id="step" type="range" min="0" max="4" value="2"> <output for="step"></output></span></p>
      <div id="search" class="scroll" tabindex="0" aria-live="polite"></div></section>
      <section id="mask"><h2>A causal mask</h2>
      <p>Each row is a token, and says how much it takes from each other token. \
      <a href="Transformer-Attention.html">The chapter</a></p>
      <p><label><input id="causal" type="checkbox" checked> causal: no token sees a later one</label></p>
      <div id="attention" class="scroll" tabindex="0" aria-live="polite"></div></section>
      <section id="schedule"><h2>A learning-rate schedule</h2>
      <p>Linear, over 100 steps. \
      <a href="Training-LearningRateSchedule.html">The chapter</a></p>
      <p><label for="warmup">Steps of warm-up</label> \
      <input id="warmup" type="range" min="0" max="50" step="10" value="10"> \
      <output for="warmup"></output></p>
      <svg viewBox="0 0 420 150" role="img" aria-label="Learning rate by step">\
      <path class="axis" d="M40 10V120H410"/><text x="40" y="140">0</text>\
      <text x="390" y="140">100</text><text x="4" y="20">5e−5</text><text x="28" y="122">0</text>\
      <polyline id="curve" points=""/></svg></section>
      <noscript><p>These need scripts; the rest of the book does not.</p></noscript>
      <script type="application/json" id="live">\(Markup(json: Live.data.text(.line)))</script>
      """)
  }
}

/// What the page of things to try shows.
package enum Live {
  /// The first merges of GPT-2, as `merges.txt` has them.
  package static let merges: [String] = String(decoding: PackageResources.merges_txt, as: UTF8.self)
    .split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)

  static var data: JSON {
    .object(
      JSON.Object(unique: [
        ("merges", .array(merges.map { .string($0) })),
        ("words", .array(words.map { .string($0) })),
        ("searches", .array((1...4).map { beams in .array((0...4).map { search(beams, $0) }) })),
        ("masked", attention(isCausal: true)), ("open", attention(isCausal: false)),
        ("curves", .array(stride(from: 0, through: 50, by: 10).map(curve))),
      ]))
  }

  // MARK: Beam search

  private static let words = ["the", "fox", "jumps", "."]

  /// What may follow each word: the table of the chapter's tests.
  private static let table: [[Float]] = [
    [-9, -1, -2, -3], [-3, -9, -1, -2], [-1, -9, -9, -2], [-1, -2, -3, -9],
  ]

  private static func search(_ beams: Int, _ steps: Int) -> JSON {
    let result = try? BeamSearch(beams: beams, steps: steps).run([0]) { texts in
      texts.map { table[$0.last ?? 0] }
    }
    return .array(
      (result?.beams ?? []).filter { $0.score > blockedScore / 2 }.map { beam in
        .object(
          JSON.Object(unique: [
            ("ids", .array(beam.ids.map { .integer($0) })), ("score", .number(Double(beam.score))),
          ]))
      })
  }

  // MARK: Attention

  /// The softmax of some scores, of all keys or of those that a causal mask leaves.
  private static func attention(isCausal: Bool) -> JSON {
    let scores: [Float] = [
      1.2, 0.3, 0.8, -0.4, 0.5, 1.6, 1.1, 0.2, -0.3, 1.9, 0.7, 0.9, 0.1, 2.2, 1.4, 0.6,
    ]
    let buffer = FloatBuffer(uninitialized: scores.count)
    for (index, score) in scores.enumerated() { buffer.pointer[index] = score }
    let x = Matrix(buffer, 4, 4)
    Plain.softmax(x, isCausal ? 1 : nil)
    let rows = withExtendedLifetime(buffer) { (0..<4).map { Array(x[$0]) } }
    return .array(rows.map { .array($0.map { .number(Double($0)) }) })
  }

  // MARK: A schedule

  /// The rates of 101 steps.
  private static func curve(_ warmup: Int) -> JSON {
    let schedule = try? LearningRateSchedule(
      learningRate: 5e-5, warmupSteps: warmup, totalSteps: 100)
    return .array((0...100).map { .number(schedule?.value($0) ?? 0) })
  }
}
