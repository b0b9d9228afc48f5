/// A number and what it counts: `1 step`, `2 steps`, `0 stories`. Faults are told in it, too
/// (`FAIL-8`).
package func counted(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
  "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
}
