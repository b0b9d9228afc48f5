"""Records Golden/tensors/streams.json: orders, masks and states of random generators.

Authority: torch 2.13.0 (CPU), numpy's legacy RandomState and Python's random.Random.

    python record_random.py

torch: after a seed, one operation after the other on one generator, and after each how many draws of 32 bits there
were. A mask is the SHA-256 of its bytes (0 and 1) and its first 64. states: `get_rng_state()` in base64 after a few
operations, and what torch draws from there. None of these numbers depends on the processor.
"""

import base64
import hashlib
import random

import numpy
import torch

import reference

SIZE = 624


class Draws:
    """The number of draws of torch's default generator, from its state."""

    def __init__(self, seed):
        torch.manual_seed(seed)
        self.words, self.position, self.total = None, SIZE, 0
        self.update()

    def update(self):
        """Counts refills by refilling: numpy's generator is the same one."""
        state = torch.get_rng_state().numpy()
        position = int(state[16:24].view("<u8")[0]) or SIZE  # 0: nothing was drawn yet
        words = state[24 : 24 + 8 * SIZE].view("<u8").astype("u4")
        if self.words is None:
            self.words, self.position = words, SIZE
            return 0
        twister = numpy.random.RandomState()
        blocks = 0
        while not (self.words == words).all():
            twister.set_state(("MT19937", self.words, SIZE))
            twister.random_sample()
            self.words = twister.get_state()[1]
            blocks += 1
        self.total += blocks * SIZE + position - self.position
        self.position = position
        return self.total


def mask(count, p):
    kept = torch.nn.functional.dropout(torch.ones(count), p) != 0
    data = kept.to(torch.uint8).numpy().tobytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "first": list(data[:64])}


OPERATIONS = {
    "int64": lambda _: str(int(torch.empty((), dtype=torch.int64).random_())),
    "below": lambda bound: str(int(torch.randint(0, bound, ()))),
    "uniform": lambda n: torch.empty(n).uniform_(),
    "permutation": lambda n: torch.randperm(n),
    "permutation_sha256": lambda n: hashlib.sha256(torch.randperm(n).numpy().tobytes()).hexdigest(),
    "mask": lambda pair: mask(*pair),
}
SEQUENCES = {
    0: [("permutation", 0), ("permutation", 1), ("permutation", 2), ("permutation", 10), ("permutation_sha256", 5000)],
    42: [
        ("int64", 0), ("int64", 0), ("permutation", 20), ("mask", (1000, 0.1)), ("uniform", 1), ("mask", (313, 0.3)),
        ("mask", (1, 0.5)), ("mask", (311, 0.5)), ("mask", (0, 0.5)), ("mask", (5, 0.0)), ("mask", (5, 1.0)),
        ("mask", (200001, 0.5)), ("int64", 0), ("permutation_sha256", 1024),
    ],
    1234: [("mask", (100000, 0.1)), ("mask", (100000, 0.3)), ("mask", (100000, 0.5)), ("mask", (4096, 0.999999))],
    2**40 + 9: [
        ("below", 1), ("below", 10), ("below", 2**28 - 1), ("below", 2**28), ("below", 2**32), ("below", 2**62 + 5),
        ("mask", (2500, 1e-9)), ("uniform", 3), ("mask", (2500, 0.1)),
    ],
}


def sequences():
    for seed, operations in SEQUENCES.items():
        draws, steps = Draws(seed), []
        for name, argument in operations:
            result = OPERATIONS[name](argument)
            steps.append({"do": name, "with": argument, "result": result, "drawn": draws.update()})
        yield {"seed": seed, "steps": steps}


def states():
    before = {
        "fresh": lambda: None,
        "one draw": lambda: torch.rand(1),
        "end of a block": lambda: torch.rand(624),
        "kept normal": lambda: (torch.rand(700), torch.randn(3)),
        "odd": lambda: torch.nn.functional.dropout(torch.ones(1001), 0.1) + torch.rand(1),
    }
    for name, run in before.items():
        torch.manual_seed(2**33 + 17)
        run()
        state = base64.b64encode(torch.get_rng_state().numpy().tobytes()).decode()
        yield {
            "name": name, "state": state, "normal": torch.randn(4), "permutation": torch.randperm(12),
            "mask": mask(1000, 0.1),
            "after_sha256": hashlib.sha256(torch.get_rng_state().numpy().tobytes()).hexdigest(),
        }


def numpy_streams():
    for seed in (0, 42, 2**32 - 1):
        stream = numpy.random.RandomState(seed)
        shuffled = list("abcdefghij")
        case = {"seed": seed, "random_sample": stream.random_sample(4).tolist()}
        for n in (0, 1, 2, 10, 33):
            case[f"permutation_{n}"] = stream.permutation(n).tolist()
        stream.shuffle(shuffled)
        order = stream.permutation(5000).astype("<i8")
        yield case | {
            "shuffled": "".join(shuffled), "permutation_5000_sha256": hashlib.sha256(order.tobytes()).hexdigest(),
            "after": stream.random_sample(),
        }


def python_streams():
    for seed in (0, 1, -42, 1234, 2**32 - 1, 2**32, 2**62 + 3):
        stream = random.Random(seed)
        shuffled = list(range(40))
        case = {"seed": seed, "random": [stream.random() for _ in range(4)]}
        case["bits"] = [[k, str(stream.getrandbits(k))] for k in (0, 1, 7, 31, 32, 33, 50, 64)]
        case["below"] = [[n, stream._randbelow(n)] for n in (1, 2, 3, 10, 1000, 2**31, 2**32 + 1, 2**52)]
        stream.shuffle(shuffled)
        case["shuffled"] = shuffled
        case["choice"] = [stream.choice(range(7)) for _ in range(5)]
        case["sample"] = [
            [n, k, stream.sample(range(n), k)]
            for n, k in ((0, 0), (5, 0), (21, 5), (22, 5), (10, 10), (85, 20), (277, 20), (278, 22), (1000, 6), (300, 30))
        ]
        yield case | {"after": stream.random()}


def main():
    reference.check_versions()
    record = reference.provenance(__file__, "torch 2.13.0, numpy RandomState and Python random")
    record |= {"numpy": numpy.__version__}
    reference.write_json(
        reference.GOLDEN / "tensors" / "streams.json",
        {
            "provenance": record, "torch": list(sequences()), "states": list(states()),
            "numpy": list(numpy_streams()), "python": list(python_streams()),
        },
    )


if __name__ == "__main__":
    main()
