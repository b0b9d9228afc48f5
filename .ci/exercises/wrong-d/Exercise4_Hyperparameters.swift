public struct Hyperparameters: Sendable {
  public var learningRate: Double
  public var epochs: Int
  public var batchSize: Int

  public init(learningRate: Double, epochs: Int, batchSize: Int) {
    (self.learningRate, self.epochs, self.batchSize) = (learningRate, epochs, batchSize)
  }
}

public let chosen = Hyperparameters(learningRate: 10, epochs: 50, batchSize: 1)
