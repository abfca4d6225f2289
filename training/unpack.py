"""Turn an exported checkpoint back into a training state (weights only), to continue on another machine.

  python3 unpack.py --model palimpsest-tiny.safetensors --bpe $BPE --out run2
Writes run2/vae.pt and run2/unet.pt with step 0 and a fresh optimiser; then run encode.py and train_unet.py.
"""
import argparse
import os

import torch

from common import save_torch
from models import TEXT, UNET
from safetensors_file import load_safetensors
from train_unet import Model, Words


def main(args):
    """Write the training states that an exported file stands for."""
    tensors, _ = load_safetensors(args.model)
    tensors = {k: v.float() for k, v in tensors.items() if not k.endswith("position_ids")}
    os.makedirs(args.out, exist_ok=True)
    part = lambda prefix: {k[len(prefix):]: v for k, v in tensors.items() if k.startswith(prefix)}
    vae = part("first_stage_model.")
    save_torch({"model": vae, "ema": vae, "opt": None, "step": 0, "spent": 0.}, os.path.join(args.out, "vae.pt"))
    words = Words(args.bpe)
    text = part("cond_stage_model.transformer.text_model.")
    key = "embeddings.token_embedding.weight"
    rows = text[key][torch.tensor(words.ids)]
    rows[0] = 0
    text[key] = rows
    state = {**{"unet." + k: v for k, v in part("model.diffusion_model.").items()}, **{"text." + k: v for k, v in text.items()}}
    order = [n for n, _ in Model(len(words.ids)).named_parameters()]
    state = {k: state[k] for k in order}
    save_torch({"model": state, "ema": state, "opt": None, "step": 0, "spent": 0., "ids": words.ids, "unet": UNET,
                "text": TEXT}, os.path.join(args.out, "unet.pt"))


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--model", default="palimpsest-tiny.safetensors")
    p.add_argument("--bpe", required=True)
    p.add_argument("--out", default="run2")
    main(p.parse_args())
