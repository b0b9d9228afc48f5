import Exercises
import Foundation
import Testing

@Suite("Exercise 8: AdamW's two epsilons")
struct Exercise8Tests {
  @Test(arguments: AdamWForm.allCases) func `the first step is the rate, whatever the gradient`(
    form: AdamWForm
  ) throws {
    for gradient in [5.0, -0.01] {
      var moments = Moments()
      let x = try adamWStep(form, x: 1, gradient: gradient, moments: &moments, rate: 0.1)
      let expected = gradient > 0 ? 0.9 : 1.1
      #expect(
        abs(x - expected) < 1e-4,
        "corrected, m is the gradient and √v its size: the step is 0.1, yours \(abs(1 - x))")
      #expect(moments.t == 1 && abs(moments.m - 0.1 * gradient) < 1e-12, "m = 0.9 · 0 + 0.1 · g")
      #expect(abs(moments.v - 0.001 * gradient * gradient) < 1e-12, "v = 0.999 · 0 + 0.001 · g²")
    }
  }

  /// With ε = 1 the place of ε decides everything. By hand, for g = 1, η = 1:
  /// PyTorch: m/(1−β₁) = 1, √(v/(1−β₂)) = 1, so 1 / (1 + 1) = 0.5.
  /// transformers: √0.001 / 0.1 · 0.1 / (√0.001 + 1) = 0.0316228 / 1.0316228 = 0.0306535.
  @Test func `where ε goes`() throws {
    for (form, step) in [(AdamWForm.pytorch, 0.5), (.transformers, 0.030653430031715508)] {
      var moments = Moments()
      let x = try adamWStep(form, x: 0, gradient: 1, moments: &moments, rate: 1, epsilon: 1)
      #expect(abs(-x - step) < 1e-9, "\(form): a step of \(step), yours is \(-x)")
    }
  }

  @Test func `the two differ for gradients as small as ε`() throws {
    var (a, b) = (Moments(), Moments())
    let torch = try adamWStep(.pytorch, x: 0, gradient: 1e-8, moments: &a, rate: 1)
    let hugging = try adamWStep(.transformers, x: 0, gradient: 1e-8, moments: &b, rate: 1)
    #expect(
      abs(torch + 0.5) < 1e-6 && abs(hugging + 0.0306534) < 1e-6,
      "PyTorch adds ε to the corrected root, transformers to the root as it is: there ε weighs 32 times"
    )
  }

  /// Before the step 10 becomes 9.9, and the step of PyTorch starts there; transformers takes η λ of what
  /// came out of the step. The gradient is 0, then 1.
  @Test func `where the decay goes`() throws {
    for (form, expected) in [(AdamWForm.pytorch, 9.9 - 0.1), (.transformers, 9.9 * 0.99)] {
      var moments = Moments()
      let x = try adamWStep(
        form, x: 10, gradient: 1, moments: &moments, rate: 0.1, epsilon: 0, decay: 0.1)
      #expect(
        abs(x - expected) < 1e-9,
        """
        \(form): \(expected), yours is \(x). PyTorch takes η λ of x before the step; transformers takes \
        η λ of what came out of the step.
        """)
    }
  }

  @Test(arguments: AdamWForm.allCases) func `three steps`(form: AdamWForm) throws {
    var (x, moments) = (0.5, Moments())
    for gradient in [0.1, -0.4, 0.3] {
      x = try adamWStep(form, x: x, gradient: gradient, moments: &moments, rate: 0.01)
    }
    // m: 0.01, −0.031, 0.0021; v: 1e-5, 1.6999e-4, 2.5982001e-4; corrections 0.271 and 0.002997001.
    #expect(abs(moments.m - 0.0021) < 1e-12 && abs(moments.v - 2.5982001e-4) < 1e-10)
    #expect(abs(x - 0.4953318) < 1e-6, "each step is corrected for its own t; yours ends at \(x)")
  }
}
