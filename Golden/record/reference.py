"""What every recorder shares: the pinned reference, provenance, models and JSON.

The authority is transformers 4.17.0 on torch 2.13.0 (CPU) with tokenizers 0.13.3; for beam search with
hypotheses, for processors and for sampling, transformers 4.40.2 in an environment of its own; for files as today's tools
write them, transformers 4.57.6 and 5.24.0. A golden is
computed twice, in two fresh processes (`both_ways`):

- "strict": ATEN_CPU_CAPABILITY=default and one thread: what is written down;
- "native": the machine's own kernels and threads: ids and texts must come out the same, and the
  largest difference of any number is written beside the golden as its `noise_floor`.
"""

import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import pickle
import platform
import subprocess
import sys
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import safetensors
import safetensors.torch
import tokenizers
import torch
import transformers

PACKAGE = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = PACKAGE / "Golden"
WEIGHTS = PACKAGE / "Weights"

PINNED = {"torch": "2.13.0", "transformers": "4.17.0", "tokenizers": "0.13.3"}
PINNED_440 = {"torch": "2.13.0", "transformers": "4.40.2", "tokenizers": "0.19.1"}
PINNED_457 = {"torch": "2.13.0", "transformers": "4.57.6", "tokenizers": "0.22.2"}
PINNED_5 = {"torch": "2.13.0", "transformers": "5.24.0", "tokenizers": "0.23.3"}
PASS, RESULTS = "FOX_REFERENCE_PASS", "FOX_REFERENCE_RESULTS"

# Scores at or below this come from a blocked token (-1e9): their last digits carry no meaning.
BLOCKED = -1e8


def check_versions(pinned=PINNED):
    """Refuses to record from anything but the pinned reference."""
    found = {m.__name__: m.__version__.split("+")[0] for m in (torch, transformers, tokenizers)}
    if found != pinned:
        raise SystemExit(f"these goldens are recorded from {pinned}, found {found}: see README.md")


def data_folder():
    """FOX_DATA, the folder with the stories and vocabularies."""
    folder = os.environ.get("FOX_DATA")
    if not folder:
        raise SystemExit("set FOX_DATA to the data folder")
    return pathlib.Path(folder)


@contextlib.contextmanager
def deterministic(seed=0, threads=1):
    """One thread, deterministic kernels, a known seed, no gradients."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    try:
        with torch.no_grad():
            yield
    finally:
        torch.use_deterministic_algorithms(False)
        torch.set_num_threads(before)


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def provenance(script, authority, models=()):
    """Who computed a golden, with what; `models` are folders."""
    return {
        "script": f"Golden/record/{pathlib.Path(script).name}",
        "authority": authority,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
        "python": platform.python_version(),
        "threads": 1,
        "aten_cpu_capability": "default",
        "date": datetime.date.today().isoformat(),
        "models": {pathlib.Path(m).name: sha256(pathlib.Path(m) / "model.safetensors") for m in models},
    }


# Two passes


def in_a_pass():
    """True in the child processes of `both_ways`, which must write nothing."""
    return PASS in os.environ


def both_ways(compute, pinned=PINNED):
    """Computes in two processes: (the strict result, the noise floor)."""
    strict, native = both_results(compute, pinned)
    return strict, difference(strict, native)


def both_results(compute, pinned=PINNED):
    """Runs `compute(None)` in a strict process, then `compute(the strict result)` in a native one.

    Returns both results. In the two child processes this call does not return.
    """
    check_versions(pinned)
    role = os.environ.get(PASS)
    if role:
        strict, results = role == "strict", pathlib.Path(os.environ[RESULTS])
        assert not strict or torch.backends.cpu.get_cpu_capability() == "DEFAULT"
        with deterministic(threads=1 if strict else torch.get_num_threads()):
            result = compute(None if strict else pickle.loads((results / "strict").read_bytes()))
        (results / role).write_bytes(pickle.dumps(result))
        sys.exit(0)
    with tempfile.TemporaryDirectory() as folder:
        for role in ("strict", "native"):
            env = {k: v for k, v in os.environ.items() if k != "ATEN_CPU_CAPABILITY"}
            env |= {PASS: role, RESULTS: folder}
            if role == "strict":
                env["ATEN_CPU_CAPABILITY"] = "default"
            subprocess.run([sys.executable, *sys.argv], env=env, check=True)
        return [pickle.loads((pathlib.Path(folder) / r).read_bytes()) for r in ("strict", "native")]


def difference(a, b, where="result"):
    """The largest difference between the numbers of two results; anything else must be equal."""
    if isinstance(a, dict):
        assert a.keys() == b.keys(), where
        return max((difference(a[k], b[k], f"{where}.{k}") for k in a), default=0.0)
    if isinstance(a, (list, tuple)):
        assert len(a) == len(b), where
        return max((difference(x, y, f"{where}[{i}]") for i, (x, y) in enumerate(zip(a, b))), default=0.0)
    if isinstance(a, torch.Tensor) and a.is_floating_point():
        assert a.shape == b.shape, where
        return (a.double() - b.double()).abs().max().item()
    if isinstance(a, float):
        return 0.0 if a == b or max(a, b) < BLOCKED else abs(a - b)
    assert torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b, f"{where}: {a} and {b}"
    return 0.0


# Models


def load_config(folder):
    return transformers.GPT2Config.from_dict(json.loads((pathlib.Path(folder) / "config.json").read_text()))


def load_model(folder):
    """A GPT-2 folder (config.json, model.safetensors) widened to float32, in evaluation mode."""
    folder = pathlib.Path(folder)
    config = load_config(folder)
    config.pad_token_id = config.eos_token_id
    state = safetensors.torch.load_file(str(folder / "model.safetensors"))
    state = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    model, info = transformers.GPT2LMHeadModel.from_pretrained(
        None, config=config, state_dict=state, output_loading_info=True
    )
    assert not any(info[k] for k in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    return model.float().eval()


def save_tensors(path, tensors, metadata=None):
    """Writes a safetensors file whose bytes depend on nothing but its content."""
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
    content = safetensors.torch.save(tensors, metadata=metadata or {"format": "pt"})
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))  # the library writes them in any order
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(len(text).to_bytes(8, "little") + text + content[end:])


def metadata(record, **more):
    """A provenance record as safetensors metadata: every value a string."""
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in {"format": "pt", **record, **more}.items()}


# JSON


def plain(value):
    """Tensors to lists, minus infinity to a string (JSON has none)."""
    if isinstance(value, torch.Tensor):
        return plain(value.double().tolist() if value.is_floating_point() else value.tolist())
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def write_json(path, document):
    """One key a line at the top; lists of cases with one field a line."""

    def line(value):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    def case(value):
        if not isinstance(value, dict):
            return "    " + line(value)
        return "    {" + ",\n     ".join(f"{line(k)}: {line(v)}" for k, v in value.items()) + "}"

    def block(value):
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return "[\n" + ",\n".join(case(v) for v in value) + "\n  ]"
        if isinstance(value, dict):
            return "{\n" + ",\n".join(f"    {line(k)}: {line(v)}" for k, v in value.items()) + "\n  }"
        return line(value)

    document = plain(document)
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = ",\n".join(f"  {line(k)}: {block(v)}" for k, v in document.items())
    path.write_text("{\n" + body + "\n}\n", encoding="utf-8")
    try:
        path = path.relative_to(PACKAGE)
    except ValueError:
        pass
    print(f"wrote {path}", file=sys.stderr)
