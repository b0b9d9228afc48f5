public struct Hyperparameters: Sendable {
  public var learningRate: Double
  public var epochs: Int
  public var batchSize: Int

  public init(learningRate: Double, epochs: Int, batchSize: Int) {
    (self.learningRate, self.epochs, self.batchSize) = (learningRate, epochs, batchSize)
  }
}

public let chosen = Hyperparameters(learningRate: 5e-5, epochs: 1, batchSize: 32)
