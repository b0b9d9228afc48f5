import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import fox

@Suite("Installed", .counted)
struct InstallTests {
  @Test
  func `CLI-31 --version says version, commit and core`() throws {
    let run = try FoxProcess.run(["--version"])
    #expect(run.status == 0 && run.error.isEmpty)
    #expect(
      run.output.contains(/^fox \d+\.\d+\.\d+( \(commit [0-9a-f]{8}\+?\))?, OpenBLAS core \w+\n$/),
      "\(run.output)")
  }

  /// Runs what is below a prefix, from an empty folder of its own.
  private func installed(
    _ body: (_ run: (String) throws -> FoxProcess, _ folder: String) throws -> Void
  ) throws {
    try Places.withTemporaryFolder { folder in
      let (bin, weights) = (folder.path + "/p/bin", folder.path + "/p/share/brownfox/Weights")
      let here = folder.path + "/here"
      for path in [bin, weights, here] { try Folder.create(path) }
      let files = FileManager.default
      try files.copyItem(atPath: FoxProcess.path, toPath: "\(bin)/fox")
      try files.copyItem(atPath: FoxProcess.model, toPath: "\(weights)/tale-gpt2")
      try body(
        { arguments in
          try FoxProcess.runShell(
            "cd \(here) && ../p/bin/fox \(arguments)",
            environment: ["FOX_MODEL": "", "FOX_DATA": "", "HF_HUB_OFFLINE": "1"])
        }, here)
    }
  }

  @Test
  func `CLI-3 CLI-31 from anywhere, with the model beside it or that of the current folder`() throws
  {
    try installed { run, here in
      let beam = try run("beam 'The cat' --steps 2 --json")
      #expect(beam.status == 0, "\(beam.error)")
      let model = try JSON.parse(Array(beam.output.utf8))["model"]?.string
      #expect(model?.hasSuffix("/p/share/brownfox/Weights/tale-gpt2") == true, "\(model ?? "")")
      // A name is that of the current folder's first.
      try Folder.create("\(here)/Weights")
      try FileManager.default.copyItem(
        atPath: FoxProcess.model, toPath: "\(here)/Weights/small")
      let named = try run("beam 'The cat' --steps 2 --model small --json")
      #expect(try JSON.parse(Array(named.output.utf8))["model"] == "Weights/small")
      #expect(try run("tokenize hi --tokenizer tale-gpt2").status == 0)
      #expect(try run("tokenize hi --tokenizer other").status == 1)
    }
  }

  @Test
  func `CLI-31 what is fetched goes to the current folder, not beside the program`() throws {
    try installed { run, here in
      // Offline, nothing comes; where it would go, it says.
      let fetch = try run("fetch gpt2")
      #expect(fetch.status == 1 && !fetch.error.contains("share/brownfox"), "\(fetch.error)")
      let model = try DefaultModel.weights()
      #expect(model.hasSuffix("Weights"))
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `CLI-31 completions name every command`(shell: String) throws {
    let run = try FoxProcess.run(["--generate-completion-script", shell])
    #expect(run.status == 0)
    for command in Fox.configuration.subcommands {
      #expect(run.output.contains(command._commandName), "\(shell): \(command._commandName)")
    }
  }

  @Test(.tier(.heavy))
  func `CLI-31 make install: program, model, manual, completions, and it runs alone`() throws {
    try Places.withTemporaryFolder { folder in
      let prefix = folder.path + "/usr"
      let make = try FoxProcess.runShell(
        "make -C \(Places.package.path) install PREFIX=\(prefix)", environment: ["MAKEFLAGS": ""])
      #expect(make.status == 0, "\(make.error.suffix(4000))")
      for file in [
        "share/brownfox/Weights/tale-gpt2/model.safetensors", "share/man/man1/fox.1",
        "share/man/man1/fox.train.lm.1", "share/bash-completion/completions/fox",
        "share/zsh/site-functions/_fox", "share/fish/vendor_completions.d/fox.fish",
      ] {
        #expect(FileManager.default.fileExists(atPath: "\(prefix)/\(file)"), "\(file)")
      }
      let run = try FoxProcess.runShell(
        "cd / && \(prefix)/bin/fox beam 'The brown fox jumps' --steps 3",
        environment: ["FOX_MODEL": "", "LD_LIBRARY_PATH": ""])
      #expect(run.status == 0 && run.output.contains("The brown fox jumps on"), "\(run.error)")
      let libraries = try FoxProcess.runShell("ldd \(prefix)/bin/fox").output
      #expect(!libraries.contains("libswift") && !libraries.contains("libFoundation"))
    }
  }
}
