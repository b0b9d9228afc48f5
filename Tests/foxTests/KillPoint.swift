import Foundation
import FoxFiles
import TestSupport

/// Ends `fox` by `kill -9`, or sends it another signal, at the n-th call that changes a file: a moment
/// that does not depend on how fast the machine is. Of several ranks one counts, its calls of MPI too, from
/// the first of them on.
///
/// A library that is loaded before the C library counts those calls. At the n-th it sends the signal,
/// before the call; `kill -9` comes, where the call writes bytes, after half of them.
enum KillPoint {
  private static let source = #"""
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <signal.h>
    #include <stdarg.h>
    #include <stdatomic.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/stat.h>
    #include <sys/types.h>
    #include <unistd.h>

    static atomic_long calls;
    static atomic_bool has_begun;
    static int is_fox(void) {
      const char *rank = getenv("FOX_KILL_RANK"), *own = getenv("OMPI_COMM_WORLD_RANK");
      if (!own) own = getenv("PMI_RANK");
      if (rank && (!own || strcmp(rank, own) != 0)) return 0;
      return strcmp(program_invocation_short_name, "fox") == 0;
    }
    static int is_the_call(void) {
      const char *at = getenv("FOX_KILL_AT");
      if (!is_fox()) return 0;
      if (getenv("FOX_KILL_RANK") && !atomic_load(&has_begun)) return 0;
      return atomic_fetch_add(&calls, 1) + 1 == (at ? atol(at) : 0);
    }
    static int signal_number(void) {
      const char *by = getenv("FOX_KILL_BY");
      return by ? atoi(by) : SIGKILL;
    }
    static void die(void) {
      kill(getpid(), signal_number());
      while (signal_number() == SIGKILL) pause();
    }
    __attribute__((destructor)) static void report(void) {
      const char *path = getenv("FOX_COUNT_TO");
      FILE *file = path && is_fox() ? fopen(path, "w") : NULL;
      if (file) { fprintf(file, "%ld", atomic_load(&calls)); fclose(file); }
    }

    #define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
    ssize_t write(int file, const void *bytes, size_t count) {
      if (file > 2 && is_the_call()) {
        if (signal_number() == SIGKILL) REAL(write)(file, bytes, count / 2);
        die();
      }
      return REAL(write)(file, bytes, count);
    }
    int rename(const char *a, const char *b) { if (is_the_call()) die(); return REAL(rename)(a, b); }
    int link(const char *a, const char *b) { if (is_the_call()) die(); return REAL(link)(a, b); }
    int unlink(const char *a) { if (is_the_call()) die(); return REAL(unlink)(a); }
    int unlinkat(int d, const char *a, int f) {
      if (is_the_call()) die();
      return REAL(unlinkat)(d, a, f);
    }
    int rmdir(const char *a) { if (is_the_call()) die(); return REAL(rmdir)(a); }
    int mkdir(const char *a, mode_t m) { if (is_the_call()) die(); return REAL(mkdir)(a, m); }
    int fsync(int file) { if (is_the_call()) die(); return REAL(fsync)(file); }
    int ftruncate(int file, off_t size) {
      if (is_the_call()) die();
      return REAL(ftruncate)(file, size);
    }
    #define OPEN(name) \
      int name(const char *path, int flags, ...) { \
        va_list list; va_start(list, flags); \
        mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0; \
        va_end(list); \
        if (flags & O_CREAT && is_the_call()) die(); \
        return REAL(name)(path, flags, mode); \
      }
    OPEN(open)
    OPEN(open64)
    #define BEFORE_MPI() do { atomic_store(&has_begun, 1); if (is_the_call()) die(); } while (0)
    int MPI_Allreduce(void *a, void *b, int n, void *t, void *o, void *c) {
      int (*real)(void *, void *, int, void *, void *, void *) = dlsym(RTLD_NEXT, "MPI_Allreduce");
      BEFORE_MPI();
      return real(a, b, n, t, o, c);
    }
    int MPI_Allgather(void *a, int m, void *s, void *b, int n, void *t, void *c) {
      int (*real)(void *, int, void *, void *, int, void *, void *) =
        dlsym(RTLD_NEXT, "MPI_Allgather");
      BEFORE_MPI();
      return real(a, m, s, b, n, t, c);
    }
    """#

  /// The library, made when it is first asked for; `nil` where there is no C compiler, or no
  /// `LD_PRELOAD`.
  static let library: String? = {
    #if !os(Linux)
      return nil
    #endif
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("brownfox-kill-\(getpid())")
    let (code, library) = (folder.path + "/kill.c", folder.path + "/kill.so")
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try? Data(source.utf8).write(to: URL(fileURLWithPath: code))
    atexit {
      try? FileManager.default.removeItem(
        at: FileManager.default.temporaryDirectory
          .appendingPathComponent("brownfox-kill-\(getpid())"))
    }
    let compile = "\"$(command -v clang || command -v cc)\" -shared -fPIC -O1"
    let made = try? FoxProcess.runShell("\(compile) -o \(library) \(code) -ldl")
    return made?.status == 0 ? library : nil
  }()

  /// How a run ended.
  struct End {
    let isKilled: Bool
    let status: Int32
    let error: String
  }

  /// Runs `fox` and sends it a signal at the n-th call; at none where it makes fewer.
  static func run(
    _ arguments: [String], at call: Int, by signal: Int32 = SIGKILL,
    environment: [String: String] = [:], program: String = FoxProcess.path
  ) throws -> End {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      .merging(["LD_PRELOAD": library ?? "", "FOX_KILL_AT": "\(call)", "FOX_KILL_BY": "\(signal)"])
    { $1 }
      .filter { !$0.value.isEmpty }
    let error = Pipe()
    process.standardError = error
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let words = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return End(
      isKilled: process.terminationReason == .uncaughtSignal, status: process.terminationStatus,
      error: words)
  }

  /// Runs `fox` to its end.
  ///
  /// - Returns: How many calls it makes that change a file.
  static func count(
    _ arguments: [String], environment: [String: String] = [:], program: String = FoxProcess.path
  ) throws -> Int {
    try Places.withTemporaryFolder { folder in
      let file = folder.path + "/count"
      let end = try run(
        arguments, at: 0, environment: environment.merging(["FOX_COUNT_TO": file]) { $1 },
        program: program)
      guard end.status == 0, !end.isKilled else { throw Failed(description: end.error) }
      return Int(try String(contentsOfFile: file, encoding: .utf8)) ?? 0
    }
  }

  private struct Failed: Error, CustomStringConvertible { let description: String }
}
