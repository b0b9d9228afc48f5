"""Records what the reference's safetensors writes, reads and refuses.

  python record_safetensors.py              writes Golden/checkpoints/
  python record_safetensors.py --verify F   reads a file of ours with the reference and prints it

Outputs: dtypes.safetensors (every dtype torch can write, names that need escapes), dtypes.json (the
same bytes, and their float32), rounding.json (float32 rounded to F16 and BF16), rounded.safetensors
(the same as a file), verdicts.json (small hand-made files, and whether the reference accepts them).
"""

import argparse
import datetime
import hashlib
import json
import pathlib
import platform
import struct
import sys

import numpy
import safetensors
import safetensors.torch
import torch

TARGET = pathlib.Path(__file__).resolve().parent.parent / "checkpoints"
SEED = 20240601


def provenance():
    return {
        "script": "Golden/record/record_safetensors.py",
        "authority": f"safetensors {safetensors.__version__} and torch {torch.__version__}",
        "python": platform.python_version(),
        "safetensors": safetensors.__version__,
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "threads": torch.get_num_threads(),
        "date": datetime.date.today().isoformat(),
    }


def raw(tensor):
    return tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes()


def types():
    """What torch can write; the last two it cannot read back."""
    return {
        **safetensors.torch._TYPES,
        "F8_E8M0": torch.float8_e8m0fnu,
        "F4": torch.float4_e2m1fn_x2,
    }


def every_dtype():
    """Random bits of every dtype, then the shapes and names that are easy to get wrong."""
    random = numpy.random.default_rng(SEED)
    tensors = {}
    for name, dtype in types().items():
        bits = torch.from_numpy(random.integers(0, 256, (3, 40), dtype=numpy.uint8))
        if name == "BOOL":
            bits = bits & 1
        tensors["every." + name] = bits.clone().view(dtype)
    special = [0.0, -0.0, 1.0, -1.0, float("inf"), float("-inf"), float("nan"), 65504.0, 6e-8]
    tensors["special.f64"] = torch.tensor(special + [1e300, -1e300, 1e-46, 1 + 2**-24], dtype=torch.float64)
    tensors["special.f16"] = torch.tensor(special, dtype=torch.float16)
    tensors["special.bf16"] = torch.tensor(special, dtype=torch.bfloat16)
    tensors["scalar"] = torch.tensor(3.5)
    tensors["nothing"] = torch.zeros(0, 3)
    tensors["nothing.either"] = torch.zeros(4, 0, dtype=torch.float16)
    tensors["\u00e0"] = torch.tensor([1.0])
    tensors["a\u0300"] = torch.tensor([2.0])
    tensors["escapes \" \\ / \b \f \n \r \t \u0001 \u007f \u2028 \U0001f98a"] = torch.tensor([3.0])
    tensors["odd"] = torch.tensor([1, 2, 3], dtype=torch.uint8)
    return tensors


def described(tensors, path):
    header = header_of(path.read_bytes())
    entries = []
    for name, tensor in tensors.items():
        entry = {"name": name, "dtype": header[name]["dtype"], "shape": header[name]["shape"]}
        entry["bytes"] = raw(tensor).hex()
        if entry["dtype"] in ("F16", "BF16", "F32", "F64"):
            entry["float32"] = raw(tensor.to(torch.float32)).hex()
        entries.append(entry)
    return entries


def header_of(data):
    length = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8 : 8 + length])


def rounding_inputs():
    random = numpy.random.default_rng(SEED + 1)
    bits = random.integers(0, 2**32, 400, dtype=numpy.uint32).view(numpy.float32)
    near = random.standard_normal(300).astype(numpy.float32)
    edges = numpy.array(
        [0.0, -0.0, 65504, 65519.996, 65520, -65520, 6.1e-5, 5.96e-8, 2.98e-8, 2.99e-8, 1e-10]
        + [1 + 2**-11, 1 + 3 * 2**-11, 1 + 2**-8, 1 + 3 * 2**-8, 3.4e38, numpy.inf, -numpy.inf],
        dtype=numpy.float32)
    values = numpy.concatenate([bits[~numpy.isnan(bits)], near, edges])
    return torch.from_numpy(values)


def file_of(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype="F32", shape=(1,), offsets=(0, 4), **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets), **more}


def hand_made():
    """Name, bytes of the file."""
    good = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    body = b'"dtype":"F32","shape":[1],"data_offsets":[0,4]'
    deep = lambda n: b'{"a":{' + body + b',"x":' + b"[" * n + b"]" * n + b"}}"
    one = lambda **change: file_of({"a": {**entry(), **change}}, b"\0" * 4)
    two = lambda a, b, size: file_of({"a": a, "b": b}, b"\0" * size)
    return {
        "valid": file_of(good, bytes(4)),
        "no tensors": file_of(b"{}"),
        "metadata only": file_of({"__metadata__": {"a": "b"}}),
        "metadata null": file_of(b'{"__metadata__":null}'),
        "empty file": b"",
        "seven bytes": b"\2" + bytes(6),
        "length 0": bytes(8),
        "length 0 and data": bytes(12),
        "length beyond the file": file_of(good, bytes(4), length=5000),
        "length one beyond the file": file_of(b"{}", length=3),
        "length at the limit": file_of(good, bytes(4), length=100_000_000),
        "length beyond the limit": file_of(good, bytes(4), length=100_000_001),
        "length of all bits": file_of(good, bytes(4), length=2**64 - 1),
        "length with the sign bit": file_of(good, bytes(4), length=2**63),
        "length one short": file_of(good, bytes(4), length=len(good) - 1),
        "not UTF-8": file_of(good.replace(b'"a"', b'"\xff"'), bytes(4)),
        "UTF-8 of a surrogate": file_of(good.replace(b'"a"', b'"\xed\xa0\x80"'), bytes(4)),
        "overlong UTF-8": file_of(good.replace(b'"a"', b'"\xc0\xaf"'), bytes(4)),
        "escaped lone surrogate": file_of(good.replace(b'"a"', b'"\\ud800"'), bytes(4)),
        "byte-order mark": file_of(b"\xef\xbb\xbf" + good, bytes(4)),
        "not JSON": file_of(b"{hello}"),
        "array header": file_of(b"[]"),
        "null header": file_of(b"null"),
        "leading space": file_of(b" " + good, bytes(4)),
        "leading newline": file_of(b"\n" + good, bytes(4)),
        "space padding": file_of(good + b"   ", bytes(4)),
        "newline padding": file_of(good + b"  \n", bytes(4)),
        "tab padding": file_of(good + b"\t ", bytes(4)),
        "NUL padding": file_of(good + b"\0\0", bytes(4)),
        "second document": file_of(good + b"{}", bytes(4)),
        "trailing comma": file_of(good[:-1] + b",}", bytes(4)),
        "duplicate name, both valid": file_of(good[:-1] + b"," + good[1:], bytes(4)),
        "duplicate name by an escape": file_of(
            good[:-1] + b"," + good[1:].replace(b'"a"', b'"\\u0061"'), bytes(4)),
        "duplicate dtype": file_of(b'{"a":{"dtype":"F32",' + body + b"}}", bytes(4)),
        "duplicate shape": file_of(b'{"a":{"shape":[1],' + body + b"}}", bytes(4)),
        "duplicate data_offsets": file_of(b'{"a":{"data_offsets":[0,4],' + body + b"}}", bytes(4)),
        "duplicate __metadata__": file_of(b'{"__metadata__":{},"__metadata__":{}}'),
        "duplicate metadata key": file_of(b'{"__metadata__":{"a":"1","a":"2"}}'),
        "metadata of a number": file_of(b'{"__metadata__":{"a":1}}'),
        "metadata of null": file_of(b'{"__metadata__":{"a":null}}'),
        "metadata nested": file_of(b'{"__metadata__":{"a":{}}}'),
        "metadata a string": file_of(b'{"__metadata__":"a"}'),
        "metadata an array": file_of(b'{"__metadata__":[]}'),
        "unknown field": one(stride=[1]),
        "no dtype": file_of({"a": {"shape": [1], "data_offsets": [0, 4]}}, bytes(4)),
        "no shape": file_of({"a": {"dtype": "F32", "data_offsets": [0, 4]}}, bytes(4)),
        "no data_offsets": file_of({"a": {"dtype": "F32", "shape": [1]}}, bytes(4)),
        "entry a string": file_of({"a": "F32"}),
        "entry null": file_of({"a": None}),
        "unknown dtype": one(dtype="F128"),
        "lowercase dtype": one(dtype="f32"),
        "dtype a number": one(dtype=32),
        "shape a number": one(shape=1),
        "shape null": one(shape=None),
        "float size": file_of(good.replace(b"[1]", b"[1.0]"), bytes(4)),
        "negative size": one(shape=[-1]),
        "two negative sizes": one(shape=[-1, -1]),
        "minus zero size": file_of(good.replace(b"[1]", b"[-0]").replace(b"0,4", b"0,0")),
        "string size": one(shape=["1"]),
        "size of 2^64": file_of(good.replace(b"[1]", b"[18446744073709551616]"), bytes(4)),
        "float offsets": file_of(good.replace(b"0,4", b"0.0,4"), bytes(4)),
        "exponent offsets": file_of(good.replace(b"0,4", b"0,4e0"), bytes(4)),
        "negative offsets": one(data_offsets=[-4, 0]),
        "one offset": one(data_offsets=[4]),
        "three offsets": one(data_offsets=[0, 4, 4]),
        "offsets an object": one(data_offsets={"0": 0}),
        "offsets reversed": one(data_offsets=[4, 0]),
        "offsets of 2^63": file_of(
            good.replace(b"0,4", b"9223372036854775804,9223372036854775808"), bytes(4)),
        "offsets at the greatest integer": file_of(
            good.replace(b"0,4", b"9223372036854775803,9223372036854775807"), bytes(4)),
        "range too short": one(shape=[2]),
        "range too long": one(shape=[0]),
        "sizes that overflow": one(shape=[2**40, 2**40]),
        "sizes that overflow before a zero": one(shape=[2**40, 2**40, 0], data_offsets=[0, 0]),
        "zero before sizes that would overflow": file_of(
            {"a": entry(shape=[0, 2**40, 2**40], offsets=[0, 0])}),
        "bytes that overflow": one(shape=[2**61]),
        "order of the header reversed": two(entry(offsets=(4, 8)), entry(), 8),
        "hole at the start": one(data_offsets=[4, 8]) + bytes(4),
        "hole between": two(entry(), entry(offsets=(8, 12)), 12),
        "overlap": two(entry(shape=[2], offsets=(0, 8)), entry(offsets=(4, 8)), 8),
        "the same range twice": two(entry(), entry(), 4),
        "one inside the other": two(
            entry(shape=[3], offsets=(0, 12)), entry(offsets=(4, 8)), 12),
        "no bytes inside another": two(
            entry(shape=[2], offsets=(0, 8)), entry(shape=[0], offsets=(4, 4)), 8),
        "no bytes at the start": two(entry(), entry(shape=[0], offsets=(0, 0)), 4),
        "no bytes at the end": two(entry(), entry(shape=[0], offsets=(4, 4)), 4),
        "polyglot tail": file_of(good, bytes(4) + b"PK\3\4"),
        "one byte more": file_of(good, bytes(5)),
        "one byte missing": file_of(good, bytes(3)),
        "all data missing": file_of(good),
        "data without tensors": file_of(b"{}", bytes(4)),
        "scalar": file_of({"a": entry(shape=[])}, bytes(4)),
        "scalar without bytes": file_of({"a": entry(shape=[], offsets=(0, 0))}),
        "empty name": file_of({"": entry()}, bytes(4)),
        "half a byte": file_of({"a": entry("F4", [1], (0, 1))}, bytes(1)),
        "six bits four times": file_of({"a": entry("F6_E2M3", [4], (0, 3))}, bytes(3)),
        "bool of 2": file_of({"a": entry("BOOL", [1], (0, 1))}, b"\2"),
        "nested 125 deep": file_of(deep(125), bytes(4)),
        "nested 126 deep": file_of(deep(126), bytes(4)),
        "nested 5000 deep": file_of(deep(5000), bytes(4)),
        "git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n",
        "web page": b"<!DOCTYPE html><html><body>404</body></html>",
        "zip": b"PK\3\4" + bytes(40),
        "pickle": b"\x80\2}q\0.",
    }


def verdict(data):
    try:
        safetensors.deserialize(data)
        return "accepted"
    except Exception as error:
        return str(error)


def write_json(name, document):
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (TARGET / name).write_text(text + "\n", encoding="utf-8")


def record():
    TARGET.mkdir(parents=True, exist_ok=True)
    path = TARGET / "dtypes.safetensors"
    tensors = every_dtype()
    safetensors.torch.save_file(tensors, path, {"format": "pt"})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    write_json("dtypes.json", {
        "provenance": {**provenance(), "sha256": digest}, "cases": described(tensors, path)})

    values = rounding_inputs()
    f16, bf16 = values.to(torch.float16), values.to(torch.bfloat16)
    write_json("rounding.json", {
        "provenance": provenance(), "float32": raw(values).hex(), "F16": raw(f16).hex(),
        "BF16": raw(bf16).hex()})
    safetensors.torch.save_file(
        {"b.half": f16, "a.half": f16.clone().reshape(1, -1), "brain": bf16, "full": values},
        TARGET / "rounded.safetensors", {"format": "pt"})

    write_json("verdicts.json", {
        "provenance": provenance(),
        "cases": [
            {"name": name, "file": data.hex(), "reference": verdict(data)}
            for name, data in hand_made().items()
        ]})


def loaded(entry):
    """A tensor of what the reference's reader returns; torch counts F4 in pairs."""
    shape = list(entry["shape"])
    if entry["dtype"] == "F4":
        shape[-1] //= 2
    dtype = types()[entry["dtype"]]
    if not entry["data"]:
        return torch.zeros(shape, dtype=dtype)
    return torch.frombuffer(entry["data"], dtype=torch.uint8).view(dtype).reshape(shape)


def verify(path):
    data = pathlib.Path(path).read_bytes()
    with safetensors.safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    print("metadata", metadata)
    tensors = {name: loaded(entry) for name, entry in safetensors.deserialize(data)}
    for name, tensor in tensors.items():
        digest = hashlib.sha256(raw(tensor)).hexdigest()
        print(f"{name!r} {tensor.dtype} {list(tensor.shape)} {digest}")
    same = safetensors.torch.save(tensors, metadata) == data
    print("the reference writes the same bytes" if same else "the reference writes other bytes")
    return 0 if same else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--verify", metavar="FILE")
    options = parser.parse_args()
    sys.exit(verify(options.verify) if options.verify else record())
