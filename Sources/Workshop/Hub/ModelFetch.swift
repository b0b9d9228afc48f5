import Foundation
import FoxFiles

/// A file of a model that is now in its folder.
package struct FetchedFile: Equatable, Sendable {
  package enum Source: String, Sendable {
    /// It was there and complete.
    case present
    /// The hub's own cache had it.
    case cache
    case network
  }

  /// The name in the folder.
  package let name: String
  package let size: Int
  /// The SHA-256, where the hub announced it.
  package let sha256: String?
  package let source: Source
}

/// A model that is now in a folder.
package struct FetchedModel: Equatable, Sendable {
  /// The commit that the files are of, when the hub says so.
  package let commit: String?
  /// The files, in the order in which they came.
  package let files: [FetchedFile]
}

extension HubClient {
  /// Brings the files of a model that this package reads into `folder` (`HUB-10`).
  ///
  /// The configuration comes last: a folder that has one is complete.
  ///
  /// - Parameter progress: Is told how far the file in hand has come.
  package func fetchModel(
    _ repository: HubRepository, into folder: String, progress: (HubProgress) -> Void = { _ in }
  ) throws(HubError) -> FetchedModel {
    var work = ModelFetch(client: self, repository: repository, folder: folder)
    // The first question also pins the commit, so that all files are of the same.
    guard let configuration = try work.locate(ModelFiles.configuration) else {
      throw work.absence(of: ModelFiles.configuration)
    }
    try makeFolder(folder)
    Leftovers.remove(in: folder)
    for name in ModelFiles.tokenizer + [ModelFiles.generation] {
      if let file = try work.locate(name) { try work.bring(file, progress) }
    }
    if let modules = try work.locate(ModelFiles.sentenceModules) {
      try work.bring(modules, progress)
      for name in ModelFiles.sentences {
        guard let file = try work.locate(name) else { continue }
        try makeFolder(Folder.split("\(folder)/\(name)").folder)
        try work.bring(file, progress)
      }
    }
    try work.bringWeights(progress)
    try work.bring(configuration, progress)
    return FetchedModel(commit: work.commit, files: work.files)
  }

  private func makeFolder(_ folder: String) throws(HubError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .file(.unwritable(path: folder, reason: error.localizedDescription))
    }
  }
}

/// One model on its way into a folder.
private struct ModelFetch {
  let client: HubClient
  /// Where to look: at the commit, once it is known.
  var repository: HubRepository
  let folder: String
  private(set) var commit: String?
  private(set) var files: [FetchedFile] = []

  init(client: HubClient, repository: HubRepository, folder: String) {
    (self.client, self.repository, self.folder) = (client, repository, folder)
  }

  private var cache: HubCache { HubCache(folder: client.settings.cache) }

  /// What is known of a file; nil when the repository does not have it.
  mutating func locate(_ name: String) throws(HubError) -> RemoteFile? {
    if client.settings.isOffline {
      let isHere = FileManager.default.fileExists(atPath: "\(folder)/\(name)")
      let isCached = cache.path(of: name, in: repository, commit: nil) != nil
      guard isHere || isCached else { return nil }
      return RemoteFile(name: name, size: nil, etag: nil, commit: nil, bodyTag: nil)
    }
    let file = try client.find(name, in: repository)
    if commit == nil, let found = file?.commit {
      commit = found
      repository = repository.at(commit: found)
    }
    return file
  }

  /// Why a file that is needed is not there.
  func absence(of name: String) -> HubError {
    if client.settings.isOffline {
      return .offline(repository: repository.id, file: name, cache: client.settings.cache)
    }
    return .missing(url: client.address(of: name, in: repository).absoluteString)
  }

  mutating func bringWeights(_ progress: (HubProgress) -> Void) throws(HubError) {
    for (whole, index) in ModelFiles.weights {
      if let file = try locate(whole) { return try bring(file, progress) }
      guard let file = try locate(index) else { continue }
      try bring(file, progress)
      let ending = whole.hasSuffix(".bin") ? ".bin" : ".safetensors"
      for name in try shards(of: "\(folder)/\(index)", ending) {
        guard let file = try locate(name) else { throw absence(of: name) }
        try bring(file, progress)
      }
      return
    }
    throw client.settings.isOffline
      ? absence(of: ModelFiles.weights[0].file) : .noWeights(repository: repository.id)
  }

  /// The files that an index names, each once, sorted.
  private func shards(of path: String, _ ending: String) throws(HubError) -> [String] {
    let document: JSON
    do {
      document = try JSON.read(path: path)
    } catch {
      throw .file(error)
    }
    guard let members = document["weight_map"]?.object?.members, !members.isEmpty else {
      throw .badIndex(path: path, reason: "there is no \"weight_map\" with members")
    }
    var names: Set<String> = []
    for (_, value) in members {
      guard let name = value.string, HubRepository.isPlain(name), name.hasSuffix(ending)
      else { throw .badIndex(path: path, reason: "it names \(shown(value.string ?? value.kind))") }
      names.insert(name)
    }
    return names.sorted()
  }

  /// Puts a file into the folder, from the nearest place that has it.
  mutating func bring(_ file: RemoteFile, _ progress: (HubProgress) -> Void) throws(HubError) {
    let path = "\(folder)/\(file.name)"
    if let size = matching(path, file) {
      PartialFile.discard(beside: path)
      return record(file, size, .present)
    }
    let cached = cache.path(of: file.name, in: repository, commit: commit)
    if let cached, let size = matching(cached, file) {
      try copy(cached, to: path)
      PartialFile.discard(beside: path)
      return record(file, size, .cache)
    }
    if client.settings.isOffline { throw absence(of: file.name) }
    let fetched = try client.download(file, in: repository, to: path, progress: progress)
    record(fetched, size(of: path) ?? 0, .network)
  }

  private mutating func record(_ file: RemoteFile, _ size: Int, _ source: FetchedFile.Source) {
    files.append(FetchedFile(name: file.name, size: size, sha256: file.sha256, source: source))
  }

  private func size(of path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// The size of a file here, when it is what the hub describes. Without a network, any file is.
  private func matching(_ path: String, _ file: RemoteFile) -> Int? {
    guard let found = size(of: path) else { return nil }
    if client.settings.isOffline { return found }
    guard found == file.size else { return nil }
    guard let expected = file.sha256 else { return found }
    guard let mapped = try? MappedFile(path: path) else { return nil }
    return SHA256.hash(of: mapped).hexadecimal == expected ? found : nil
  }

  private func copy(_ source: String, to path: String) throws(HubError) {
    do {
      var file = try AtomicFile(path: path)
      let mapped = try MappedFile(path: source)
      try mapped.withBytes { bytes throws(Fault) in try file.write(bytes) }
      try file.commit()
    } catch {
      throw .file(error)
    }
  }
}
