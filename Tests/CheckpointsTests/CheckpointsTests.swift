import Testing
import TestSupport

@Test("room is there", .spec("X-1")) func roomCheckpoints() {}
