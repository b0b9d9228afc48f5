import FoxDecoding
import FoxFiles
import FoxTables

/// The texts that come with the package, written for it and in the public domain: enough for every
/// question to run without data, too few to conclude anything from.
enum PackageTexts {
  /// Labelled sentences as a table.
  static func table(
    _ rows: [(sentence: String, label: Int)], name: String
  ) throws(Fault) -> Table {
    try Table(
      name: name, columns: ["sentence", "label"],
      rows: rows.map { [.string($0.sentence), .integer($0.label)] })
  }

  /// Short stories, each of several sentences.
  static let stories = [
    """
    Once upon a time there was a fox who lived under an old oak. Every morning he went down to the \
    river to look at the fish. He never caught one, but he liked to watch them. One day a little \
    fish asked him why he came. The fox thought about it for a long while. "You are the only ones \
    who never run away from me," he said at last.
    """,
    """
    A farmer had a cow that would give no milk on Sundays. He asked the miller what to do. The miller \
    told him to ring a bell beside her ear. The farmer rang the bell, and the cow kicked over the \
    pail. "Now you have no milk on Mondays either," said his wife.
    """,
    """
    Anna wanted a kite for her birthday. Her father made one out of paper and two sticks. They took \
    it up the hill behind the house. The wind took it out of her hand at once. They found it in the \
    evening on the roof of the school, and the whole town had seen it fly.
    """,
    """
    There was a king who could not sleep. He sent for the best doctor in the land. The doctor told \
    him to count the stars. The king counted all night and was very tired in the morning. "Now sleep \
    while it is day," said the doctor, "for the stars will not count themselves tonight."
    """,
    """
    Tom and his dog went into the wood to look for mushrooms. The dog found a hare, but Tom found \
    nothing at all. When it grew dark they could not find the way. The dog walked ahead and Tom held \
    on to his tail. They came home in time for supper, and the dog got the larger piece.
    """,
    """
    The old clock in the kitchen had stopped at noon. Nobody knew how to mend it. The children said \
    that it was always time for lunch now. Their mother laughed and set the table. In the evening \
    she gave the clock a knock, and it began to tick again.
    """,
    """
    A mouse lived in a church and was very poor. She had heard that there was cheese in the town. She \
    packed a crumb and set out on the road. In the town a cat sat in front of every door. The mouse \
    went home again and ate her crumb in peace.
    """,
    """
    Long ago the moon was a lamp that hung in a tree. Four brothers carried it to their village. When \
    each of them died he took a quarter of it with him. So the nights grew dark again. Then an old \
    man put the parts together and hung them in the sky, where nobody can take them.
    """,
    """
    Lucy lost her red ball in the garden. She looked under the bushes and behind the shed. Her \
    brother said that a magpie had taken it. In the spring they found it in the pond. A frog was \
    sitting on it as if it had always been his.
    """,
    """
    The baker baked a loaf so large that it did not fit through the door. People came from far away \
    to see it. They ate it from the inside until there was only the crust. The children played in it \
    all winter. When it rained in March they ate the house as well.
    """,
    """
    A boy asked his grandfather what lay beyond the mountains. "More mountains," said the old man. \
    The boy went to see for himself. He came back after seven years. "You were right," he said, "but \
    you forgot to say how green they are."
    """,
    """
    Two goats met on a narrow bridge. Neither of them wanted to go back. They stood there until the \
    sun went down. Then the older one lay down, and the younger one stepped over her. They have been \
    friends ever since, and each of them says that she had won.
    """,
  ]

  /// Sentences about films to train on: ten bad ones, ten good ones.
  static let training: [(sentence: String, label: Int)] = [
    ("a warm and funny film that never talks down to its young heroes", 1),
    ("the jokes are old and the plot is older", 0),
    ("an hour too long and a heart too small", 0),
    ("beautifully shot and quietly moving", 1),
    ("one leaves the cinema happier than one came", 1),
    ("a dull mess that wastes a fine cast", 0),
    ("the best thing in it is the end, because then it is over", 0),
    ("clever, tender and full of surprises", 1),
    ("its music alone is worth the ticket", 1),
    ("loud, empty and forgettable", 0),
    ("not a single scene rings true", 0),
    ("a small miracle of timing and good taste", 1),
    ("the actors seem to be as bored as we are", 0),
    ("a thriller that earns every one of its shocks", 1),
    ("lazy writing and lazier directing", 0),
    ("i laughed from beginning to end", 1),
    ("a feast for the eyes and for the mind", 1),
    ("the story falls apart after ten minutes", 0),
    ("it is as exciting as watching paint dry", 0),
    ("honest, brave and wonderfully acted", 1),
  ]

  /// Other such sentences to evaluate on.
  static let evaluation: [(sentence: String, label: Int)] = [
    ("a joy to watch", 1), ("a chore to sit through", 0), ("it never comes alive", 0),
    ("full of life and wit", 1), ("the dialogue is painful", 0), ("a triumph of imagination", 1),
    ("a film of rare beauty", 1), ("an insult to the audience", 0),
    ("poorly made and badly cut", 0),
    ("sweet without being silly", 1), ("the ending is a letdown", 0),
    ("a charming little comedy", 1),
    ("the finest performance of the year", 1), ("tedious and pretentious", 0),
    ("you will want to see it twice", 1), ("a waste of two hours", 0),
    ("smart, sharp and very funny", 1), ("the effects are cheap and ugly", 0),
    ("a gripping and humane drama", 1), ("hopelessly confused", 0),
    ("it touches the heart", 1), ("nobody should have to see this", 0),
    ("the children in the audience were delighted", 1), ("a lifeless copy of better films", 0),
  ]
}
