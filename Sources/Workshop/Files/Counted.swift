/// A number and what it counts: `1 step`, `2 steps`, `0 stories`. SPEC `FAIL-2`.
package func counted(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
  "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
}
