"""A GPT-2 folder (config.json, model.safetensors) for other engines: ONNX (ONNX Runtime, OpenVINO), CTranslate2, GGUF.

    python engines_export.py MODEL OUT

Needs numpy, and of onnx, ctranslate2 and gguf those whose files are wanted; torch is not needed. What is there already
is not made again. Weights are in the file's order: Conv1D stores [in, out].
"""

import json
import pathlib
import sys

import numpy as np


def configuration(folder):
    given = json.loads(pathlib.Path(folder, "config.json").read_text())
    return {"n_layer": 12, "n_head": 12, "n_embd": 768, "n_positions": 1024, "vocab_size": 50257,
            "layer_norm_epsilon": 1e-5, **given}


def weights(folder):
    """Float32 tensors by their names without the prefix."""
    data = pathlib.Path(folder, "model.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    found = {}
    for name, entry in json.loads(data[8:8 + size]).items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise SystemExit(f"{name} is {entry['dtype']}; expected F32")
        first, last = entry["data_offsets"]
        array = np.frombuffer(data, "<f4", (last - first) // 4, 8 + size + first)
        found[name.removeprefix("transformer.")] = array.reshape(entry["shape"])
    return found


def to_onnx(folder, path):
    """A step with a cache: ids [B, T], positions [T], past_i [2, B, H, P, D] → logits of the last [B, V], present_i."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    c, w = configuration(folder), weights(folder)
    heads, width = c["n_head"], c["n_embd"]
    depth = width // heads
    nodes, constants = [], {}

    def constant(name, value):
        constants.setdefault(name, numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def node(kind, inputs, outputs=1, **attributes):
        names = [f"v{len(nodes)}_{i}" for i in range(outputs)]
        nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def ints(name, *values):
        return constant(name, np.array(values, np.int64))

    def norm(x, name):
        return node("LayerNormalization", [x, constant(f"{name}.weight", w[f"{name}.weight"]),
                                           constant(f"{name}.bias", w[f"{name}.bias"])],
                    axis=-1, epsilon=c["layer_norm_epsilon"])

    def linear(x, name):
        product = node("MatMul", [x, constant(f"{name}.weight", w[f"{name}.weight"])])
        return node("Add", [product, constant(f"{name}.bias", w[f"{name}.bias"])])

    wte = constant("wte", w["wte.weight"])
    x = node("Add", [node("Gather", [wte, "ids"]), node("Gather", [constant("wpe", w["wpe.weight"]), "positions"])])
    # 0 where a token may look, -inf where not: [T, P + T], since positions count the past too.
    shape = node("Shape", ["past_0"], start=3, end=4)
    total = node("Add", [shape, node("Shape", ["positions"])])
    seen = node("Range", [constant("zero", np.array(0, np.int64)), node("Squeeze", [total, ints("axis0", 0)]),
                          constant("one", np.array(1, np.int64))])
    later = node("Greater", [node("Unsqueeze", [seen, ints("axis0", 0)]), node("Unsqueeze", ["positions", ints("axis1", 1)])])
    mask = node("Where", [later, constant("minus", np.float32(-1e9)), constant("nothing", np.float32(0))])
    presents = []
    for layer in range(c["n_layer"]):
        h = f"h.{layer}"
        qkv = linear(norm(x, f"{h}.ln_1"), f"{h}.attn.c_attn")
        parts = []
        for part in node("Split", [qkv], 3, axis=-1, num_outputs=3):
            parts.append(node("Transpose", [node("Reshape", [part, ints("split", 0, 0, heads, depth)])], perm=[0, 2, 1, 3]))
        q, k, v = parts
        pair = node("Concat", [node("Unsqueeze", [k, ints("axis0", 0)]), node("Unsqueeze", [v, ints("axis0", 0)])], axis=0)
        present = node("Concat", [f"past_{layer}", pair], axis=3)
        presents.append(present)
        keys = node("Gather", [present, constant("zero", np.array(0, np.int64))], axis=0)
        values = node("Gather", [present, constant("one", np.array(1, np.int64))], axis=0)
        scores = node("Mul", [node("MatMul", [q, node("Transpose", [keys], perm=[0, 1, 3, 2])]),
                              constant("scale", np.float32(depth ** -0.5))])
        shares = node("Softmax", [node("Add", [scores, mask])], axis=-1)
        mixed = node("Reshape", [node("Transpose", [node("MatMul", [shares, values])], perm=[0, 2, 1, 3]),
                                 ints("join", 0, 0, width)])
        x = node("Add", [x, linear(mixed, f"{h}.attn.c_proj")])
        inner = linear(norm(x, f"{h}.ln_2"), f"{h}.mlp.c_fc")
        x = node("Add", [x, linear(node("Gelu", [inner], approximate="tanh"), f"{h}.mlp.c_proj")])
    last = node("Gather", [norm(x, "ln_f"), constant("minus_one", np.array(-1, np.int64))], axis=1)
    head = constant("head", w["wte.weight"].T)  # as exporters write it: a constant of its own
    nodes.append(helper.make_node("MatMul", [last, head], ["logits"]))
    for layer, present in enumerate(presents):
        nodes.append(helper.make_node("Identity", [present], [f"present_{layer}"]))
    tensor = helper.make_tensor_value_info
    cache = lambda name, length: [tensor(f"{name}_{i}", TensorProto.FLOAT, [2, "batch", heads, length, depth])
                                  for i in range(c["n_layer"])]
    graph = helper.make_graph(
        nodes, "gpt2",
        [tensor("ids", TensorProto.INT64, ["batch", "new"]), tensor("positions", TensorProto.INT64, ["new"])]
        + cache("past", "past"),
        [tensor("logits", TensorProto.FLOAT, ["batch", c["vocab_size"]])] + cache("present", "all"),
        list(constants.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.save(model, str(path))


def to_ctranslate2(folder, path):
    from ctranslate2.specs import common_spec, transformer_spec

    c, w = configuration(folder), weights(folder)
    spec = transformer_spec.TransformerDecoderModelSpec.from_config(
        c["n_layer"], c["n_head"], pre_norm=True, activation=common_spec.Activation.GELUTanh)

    def norm(target, name):
        target.gamma, target.beta = w[f"{name}.weight"], w[f"{name}.bias"]

    def linear(target, name):
        target.weight, target.bias = np.ascontiguousarray(w[f"{name}.weight"].T), w[f"{name}.bias"]

    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = w["wte.weight"]
    decoder.position_encodings.encodings = w["wpe.weight"]
    norm(decoder.layer_norm, "ln_f")
    for layer, target in enumerate(decoder.layer):
        norm(target.self_attention.layer_norm, f"h.{layer}.ln_1")
        linear(target.self_attention.linear[0], f"h.{layer}.attn.c_attn")
        linear(target.self_attention.linear[1], f"h.{layer}.attn.c_proj")
        norm(target.ffn.layer_norm, f"h.{layer}.ln_2")
        linear(target.ffn.linear_0, f"h.{layer}.mlp.c_fc")
        linear(target.ffn.linear_1, f"h.{layer}.mlp.c_proj")
    decoder.projection.weight = w["wte.weight"]
    # Tokens are called by their ids.
    spec.register_vocabulary([str(i) for i in range(c["vocab_size"])])
    last = str(c["vocab_size"] - 1)
    spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = last
    spec.validate()
    spec.optimize(quantization=None)
    path.mkdir(parents=True)
    spec.save(str(path))


def to_gguf(folder, path, kind):
    import gguf

    c, w = configuration(folder), weights(folder)
    types = gguf.GGMLQuantizationType
    writer = gguf.GGUFWriter(str(path), "gpt2")
    writer.add_context_length(c["n_positions"])
    writer.add_embedding_length(c["n_embd"])
    writer.add_block_count(c["n_layer"])
    writer.add_feed_forward_length(4 * c["n_embd"])
    writer.add_head_count(c["n_head"])
    writer.add_layer_norm_eps(c["layer_norm_epsilon"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    vocabulary = json.loads(pathlib.Path(folder, "vocab.json").read_text())
    tokens = sorted(vocabulary, key=vocabulary.get)
    writer.add_token_list(tokens)
    writer.add_token_types([1] * len(tokens))
    writer.add_token_merges(pathlib.Path(folder, "merges.txt").read_text(encoding="utf-8").splitlines()[1:])
    writer.add_bos_token_id(len(tokens) - 1)
    writer.add_eos_token_id(len(tokens) - 1)

    def add(name, array):
        if array.ndim == 1 or name == "position_embd.weight" or kind == "f32":
            return writer.add_tensor(name, np.ascontiguousarray(array))
        quantised = getattr(types, kind.upper())
        writer.add_tensor(name, gguf.quants.quantize(np.ascontiguousarray(array), quantised), raw_dtype=quantised)

    names = [("attn_norm", "ln_1"), ("attn_qkv", "attn.c_attn"), ("attn_output", "attn.c_proj"), ("ffn_norm", "ln_2"),
             ("ffn_up", "mlp.c_fc"), ("ffn_down", "mlp.c_proj")]
    add("token_embd.weight", w["wte.weight"])
    add("output.weight", w["wte.weight"])
    add("position_embd.weight", w["wpe.weight"])
    for ours, theirs in [("output_norm", "ln_f")]:
        for part in ("weight", "bias"):
            add(f"{ours}.{part}", w[f"{theirs}.{part}"])
    for layer in range(c["n_layer"]):
        for ours, theirs in names:
            matrix = w[f"h.{layer}.{theirs}.weight"]
            add(f"blk.{layer}.{ours}.weight", matrix.T if matrix.ndim == 2 else matrix)
            add(f"blk.{layer}.{ours}.bias", w[f"h.{layer}.{theirs}.bias"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def export(folder, out, kind):
    """The path of the exported model, which is made when it is not there."""
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    path = out / {"onnx": "gpt2.onnx", "ctranslate2": "ctranslate2"}.get(kind, f"gpt2-{kind}.gguf")
    if not path.exists():
        if kind == "onnx":
            to_onnx(folder, path)
        elif kind == "ctranslate2":
            to_ctranslate2(folder, path)
        else:
            to_gguf(folder, path, kind)
    return path


if __name__ == "__main__":
    for kind in ("onnx", "ctranslate2", "f32", "q8_0"):
        try:
            print(export(sys.argv[1], sys.argv[2], kind))
        except ImportError as error:
            print(f"{kind}: {error}", file=sys.stderr)
