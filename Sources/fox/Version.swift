/// What `fox --version` prints: what a report of a mistake should name. SPEC `CLI-31`.
enum Version {
  static let number = "0.1.0"

  /// Version, commit and OpenBLAS core. The core is found out only when somebody asks: that starts
  /// OpenBLAS.
  static var text: String {
    if !CommandLine.arguments.contains("--version") { return number }
    let commit = String(cString: fox_commit())
    return "fox \(number)\(commit.isEmpty ? "" : " (commit \(commit))"), OpenBLAS core "
      + "\(BLASKernels.selected.running)"
  }
}
