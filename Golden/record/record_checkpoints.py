"""Records checkpoints in PyTorch's and NumPy's formats, and what their tensors are.

  python record_checkpoints.py                writes Golden/checkpoints/formats.json and formats/
  python record_checkpoints.py --verify F     reads a file of ours with the reference and prints it

formats/ holds small files as the reference writes them; formats.json says for each what it holds:
name, dtype, shape and bytes of every tensor, and which names are one tensor.
"""

import argparse
import collections
import datetime
import hashlib
import io
import json
import pathlib
import platform
import struct
import sys
import zipfile

import numpy
import safetensors
import safetensors.torch
import torch
import transformers

TARGET = pathlib.Path(__file__).resolve().parent.parent / "checkpoints"
FOLDER = TARGET / "formats"
SEED = 20240602
DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL",
}
KINDS = {
    "f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "i4": "I32", "i2": "I16", "i1": "I8",
    "u8": "U64", "u4": "U32", "u2": "U16", "u1": "U8", "b1": "BOOL", "c8": "C64",
}


def provenance():
    return {
        "script": "Golden/record/record_checkpoints.py",
        "authority": f"torch {torch.__version__} and numpy {numpy.__version__}",
        "python": platform.python_version(),
        "safetensors": safetensors.__version__,
        "transformers": transformers.__version__,
        "threads": torch.get_num_threads(),
        "date": datetime.date.today().isoformat(),
    }


def raw(tensor):
    return tensor.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes()


def every_dtype():
    """Random bits of every dtype that PyTorch's storages have, and shapes easy to get wrong."""
    random = numpy.random.default_rng(SEED)
    tensors = collections.OrderedDict()
    for dtype, name in DTYPES.items():
        bits = torch.from_numpy(random.integers(0, 2 if name == "BOOL" else 256, (3, 16), dtype=numpy.uint8))
        tensors[f"every.{name}"] = bits.view(dtype)
    tensors["scalar"] = torch.tensor(3.5)
    tensors["empty"] = torch.zeros(0, 4)
    tensors["é \"quoted\"\n"] = torch.arange(3, dtype=torch.int64)
    return tensors


def views():
    """What is not row-major, does not begin at 0, repeats, or is shared."""
    base = torch.arange(24, dtype=torch.float32)
    table = base.view(4, 6)
    shared = torch.arange(6, dtype=torch.float16).view(2, 3)
    return collections.OrderedDict([
        ("transposed", table.t()), ("column", table[:, 2]), ("inner", table[1:3, 2:5]),
        ("every.second", base[::2]), ("whole", table), ("permuted", base.view(2, 3, 4).permute(2, 0, 1)),
        ("expanded", torch.tensor([1.5, 2.5]).unsqueeze(0).expand(3, 2)),
        ("doubles", torch.arange(6, dtype=torch.float64).view(2, 3).t()),
        ("bytes", torch.arange(6, dtype=torch.uint8).view(2, 3).t()),
        ("one", shared), ("other", shared), ("turned", shared.t()),
        ("parameter", torch.nn.Parameter(table[0].clone())),
    ])


def tiny_gpt2():
    torch.manual_seed(SEED)
    config = transformers.GPT2Config(vocab_size=7, n_positions=4, n_embd=4, n_layer=1, n_head=2)
    return transformers.GPT2LMHeadModel(config).state_dict()


def tiny_bert():
    torch.manual_seed(SEED)
    config = transformers.BertConfig(
        vocab_size=9, hidden_size=4, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
        max_position_embeddings=5)
    return transformers.BertForSequenceClassification(config).state_dict()


def saved(value, legacy=False):
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


def repacked(data, method=zipfile.ZIP_DEFLATED, names=None):
    """The entries of an archive in another, as people's tools write them."""
    source, target = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name in source.namelist():
            archive.writestr(zipfile.ZipInfo(name), source.read(name), method)
    return target.getvalue()


def packed(files, method=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return target.getvalue()


def big_endian(data, tensors):
    """A zip checkpoint as a big-endian machine writes it: torch has no switch for it."""
    source, target = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    sizes = {}
    for tensor in tensors.values():
        sizes.setdefault(tensor.untyped_storage().data_ptr(), tensor.element_size())
    sizes = list(sizes.values())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("/byteorder"):
                content = b"big"
            elif "/data/" in name:
                size = sizes[int(name.rsplit("/", 1)[1])]
                content = numpy.frombuffer(content, f"V{size}").tobytes() if size == 1 else \
                    numpy.frombuffer(content, f"u{size}").byteswap().tobytes()
            archive.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


def arrays():
    random = numpy.random.default_rng(SEED)
    arrays = {}
    for kind, name in KINDS.items():
        bits = random.integers(0, 2 if kind == "b1" else 256, (2, 24), dtype=numpy.uint8)
        arrays[f"every.{name}"] = bits.view(kind)
    arrays["fortran"] = numpy.asfortranarray(numpy.arange(24, dtype="f4").reshape(2, 3, 4))
    arrays["big.endian"] = numpy.arange(6, dtype=">f4").reshape(2, 3)
    arrays["big.complex"] = numpy.arange(3).astype(">c8")
    arrays["big.fortran"] = numpy.asfortranarray(numpy.arange(6, dtype=">i2").reshape(2, 3))
    arrays["scalar"] = numpy.array(2.5)
    arrays["empty"] = numpy.zeros((0, 3), "f4")
    return arrays


def npz(arrays, compressed=False):
    buffer = io.BytesIO()
    (numpy.savez_compressed if compressed else numpy.savez)(buffer, **arrays)
    return buffer.getvalue()


def npy(array, version):
    buffer = io.BytesIO()
    numpy.lib.format.write_array(buffer, array, version=version)
    return buffer.getvalue()


def numpy_dtype(array):
    return KINDS[array.dtype.str[1:]]


def numpy_bytes(array):
    return numpy.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()


def described(tensors):
    """Name, dtype, shape and bytes, of tensors of either library."""
    cases = []
    for name, value in tensors.items():
        if isinstance(value, torch.Tensor):
            dtype, shape, data = DTYPES[value.dtype], list(value.shape), raw(value)
        else:
            dtype, shape, data = numpy_dtype(value), list(value.shape), numpy_bytes(value)
        cases.append({"name": name, "dtype": dtype, "shape": shape, "bytes": data.hex()})
    return cases


def files():
    """Name: (content, tensors, names that are one tensor)."""
    every, strided, gpt2, bert = every_dtype(), views(), tiny_gpt2(), tiny_bert()
    tied = [["one", "other"]]
    head = [["transformer.wte.weight", "lm_head.weight"]]
    f4 = numpy.arange(6, dtype="f4").reshape(2, 3)
    safe = {"a": torch.arange(4.0), "b": torch.ones(2, 2, dtype=torch.bfloat16)}
    safe_file = safetensors.torch.save(safe, {"format": "pt"})
    array = arrays()
    plain = {"wte": torch.arange(6.0).view(2, 3)}
    return {
        "every.pt": (saved(every), every, []),
        "every-legacy.pt": (saved(every, legacy=True), every, []),
        "every-big-endian.pt": (big_endian(saved(every), every), every, []),
        "views.pt": (saved(strided), strided, tied),
        "views-legacy.pt": (saved(strided, legacy=True), strided, tied),
        "gpt2.bin": (saved(gpt2), gpt2, head),
        "gpt2-legacy.bin": (saved(gpt2, legacy=True), gpt2, head),
        "bert.bin": (saved(bert), bert, []),
        "bert-legacy.bin": (saved(bert, legacy=True), bert, []),
        "deflated.pt": (repacked(saved(strided)), strided, tied),
        "nested.pt": (saved({"epoch": 3, "loss": 0.5, "state_dict": plain, "args": ["a", None, True, -1, 1 << 40]}), plain, []),
        "nested-twice.pt": (saved({"model": {"model": plain}, "best": False}), plain, []),
        "arrays.npz": (npz(array), array, []),
        "arrays-compressed.npz": (npz(array, True), array, []),
        "version-1.npy": (npy(f4, (1, 0)), {"version-1": f4}, []),
        "version-2.npy": (npy(f4, (2, 0)), {"version-2": f4}, []),
        "version-3.npy": (npy(f4, (3, 0)), {"version-3": f4}, []),
        "plain.safetensors": (safe_file, safe, []),
        "safetensors.zip": (packed({"model/config.json": b"{}", "model/model.safetensors": safe_file}), safe, []),
        "torch.zip": (packed({"pytorch_model.bin": saved(plain), "README": b"text"}), plain, []),
        "torch-stored.zip": (packed({"pytorch_model.bin": saved(plain)}, zipfile.ZIP_STORED), plain, []),
        "sharded.zip": (packed({
            "m/model.safetensors.index.json": json.dumps({"metadata": {}, "weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}).encode(),
            "m/1.safetensors": safetensors.torch.save({"a": safe["a"]}),
            "m/2.safetensors": safetensors.torch.save({"b": safe["b"]})}), safe, []),
    }


def record():
    FOLDER.mkdir(parents=True, exist_ok=True)
    cases = []
    for name, (content, tensors, tied) in files().items():
        (FOLDER / name).write_bytes(content)
        cases.append({
            "file": name, "sha256": hashlib.sha256(content).hexdigest(), "tied": tied,
            "tensors": described(tensors)})
    document = {"provenance": provenance(), "cases": cases}
    (TARGET / "formats.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def loaded(path):
    """A file's tensors, by the reference's own safe readers."""
    data = pathlib.Path(path).read_bytes()
    if path.endswith(".safetensors"):
        return safetensors.torch.load(data)
    if path.endswith(".npz"):
        return dict(numpy.load(path, allow_pickle=False))
    torch.load(path, weights_only=True, mmap=True)
    return torch.load(path, weights_only=True)


def verify(path):
    for entry in described(loaded(path)):
        digest = hashlib.sha256(bytes.fromhex(entry["bytes"])).hexdigest()
        print(json.dumps(entry["name"]), entry["dtype"], entry["shape"], digest)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--verify", metavar="FILE")
    options = parser.parse_args()
    verify(options.verify) if options.verify else record()
