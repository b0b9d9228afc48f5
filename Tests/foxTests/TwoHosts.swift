import Foundation
import TestSupport

/// Two hosts on one machine: network namespaces with a cable between them, each with a host name of its
/// own. What starts a program on the other host is a script in the place of ssh.
struct TwoHosts {
  private let folder: String
  private static let names = ["fox-a-\(getpid())", "fox-b-\(getpid())"]
  private static let network = "10.77.0"

  /// The words after `env` that start `mpirun` on the first host, with a rank on each.
  var mpirun: [String] {
    [
      "ip", "netns", "exec", Self.names[0], "unshare", "--uts", "bash", "-c",
      "hostname \(Self.names[0]) && exec \"$@\"", "bash", "mpirun", "--mca", "plm_rsh_agent",
      "\(folder)/agent", "--mca", "oob_tcp_if_include", "\(Self.network).0/24", "--mca",
      "btl_tcp_if_include", "\(Self.network).0/24", "--host",
      "\(Self.network).1:1,\(Self.network).2:1", "-n", "2",
    ]
  }

  private static let setUp =
    names.map { "ip netns add \($0)\n" }.joined() + """
      ip link add fox0 netns \(names[0]) type veth peer name fox0 netns \(names[1])
      ip -n \(names[0]) addr add \(network).1/24 dev fox0
      ip -n \(names[1]) addr add \(network).2/24 dev fox0
      for name in \(names.joined(separator: " ")); do
        ip -n $name link set fox0 up && ip -n $name link set lo up
      done
      unshare --uts true
      """

  private static let agent = """
    #!/bin/bash
    while [ "${1#-}" != "$1" ]; do shift; done
    shift
    exec ip netns exec \(names[1]) unshare --uts bash -c "hostname \(names[1]) && $*"
    """

  /// Makes the hosts, and removes them after `body`.
  ///
  /// - Returns: Whether they could be made: that needs root, and a kernel that allows it.
  static func with(_ body: (TwoHosts) throws -> Void) throws -> Bool {
    try Places.withTemporaryFolder { folder in
      defer {
        for name in names { _ = try? FoxProcess.runShell("ip netns del \(name)") }
      }
      if try FoxProcess.runShell("set -e\n\(setUp)").status != 0 { return false }
      let path = "\(folder.path)/agent"
      try Data(agent.utf8).write(to: URL(fileURLWithPath: path))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
      try body(TwoHosts(folder: folder.path))
      return true
    }
  }

  /// Whether there can be two hosts here.
  static let areAvailable: Bool = (try? with { _ in }) ?? false
}
