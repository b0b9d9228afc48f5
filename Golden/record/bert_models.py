"""Reads BERT folders for the recorders of BERT's goldens."""

import json
import pathlib

import safetensors.torch
import transformers

NEW_NAMES = ((".gamma", ".weight"), (".beta", ".bias"))


def load(kind, folder, strict=True):
    """A BERT folder (config.json, model.safetensors) as `kind`, in evaluation mode.

    With `strict`, every parameter is in the file; what the file has beside them may be another head.
    """
    folder = pathlib.Path(folder)
    config = transformers.BertConfig.from_dict(json.loads((folder / "config.json").read_text()))
    state = safetensors.torch.load_file(str(folder / "model.safetensors"))
    for old, new in NEW_NAMES:
        state = {k[: -len(old)] + new if k.endswith(old) else k: v for k, v in state.items()}
    model, info = kind.from_pretrained(None, config=config, state_dict=state, output_loading_info=True)
    missing = [k for k in info["missing_keys"] if not k.endswith("position_ids")]
    assert not info["mismatched_keys"] and not (strict and missing), info
    return model.eval()
