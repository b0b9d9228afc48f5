import FoxDecoding
import TestSupport
import Testing

@testable import FoxParallel

@Suite("Parallel: what mpirun started", .counted)
struct ProcessesTests {
  @Test(arguments: [[:], ["OMPI_COMM_WORLD_SIZE": "1"], ["PMI_SIZE": "x"]])
  func `MPI-6 a process by itself has no others`(environment: [String: String]) throws {
    let ranks = try Processes.join(environment: environment)
    #expect(ranks.count == 1 && ranks.rank == 0)
    try Processes.requireOne(for: "--seeds", environment: environment)
  }

  #if !MPI
    @Test(arguments: ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"])
    func `MPI-6 several processes need a build with MPI`(name: String) {
      let fault = #expect(throws: Fault.self) {
        _ = try Processes.join(environment: [name: "2"])
      }
      #expect(fault?.subject == "mpirun")
      #expect(fault?.found == "2 processes")
      #expect(fault?.hint?.contains("--traits MPI") == true)
    }
  #endif

  @Test func `MPI-6 what ranks do not share is refused`() {
    #expect(throws: Fault.self) {
      try Processes.requireOne(for: "--seeds", environment: ["PMI_SIZE": "2"])
    }
  }
}
