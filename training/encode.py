"""Render pictures and store their latents, so that the U-Net trains without pixels.

  python3 encode.py --out run --count 8000 --workers 2
Writes run/latents-K.npy (float16, raw encoder means), run/records-K.json per process.
Restarting continues; a larger --count extends.
"""
import argparse
import json
import os

import numpy as np
import torch

import common
import stickers
from common import Clock, launch
from models import AUTOENCODER, Autoencoder


def load_vae(path, device="cpu"):
    """The averaged weights of a training state."""
    vae = Autoencoder(**AUTOENCODER).to(device)
    vae.load_state_dict(torch.load(path, map_location=device)["ema"])
    return vae.eval()


def main(rank, args):
    """Every `workers`-th picture, starting with number `rank`."""
    common.PRECISION["mode"] = args.precision
    vae = load_vae(os.path.join(args.out, "vae.pt"), args.device)
    name = os.path.join(args.out, f"latents-{rank}.npy")
    note = os.path.join(args.out, f"records-{rank}.json")
    latents, records = [], []
    if os.path.exists(name):
        latents, records = list(np.load(name)), json.load(open(note))
    mine = range(rank, args.count, max(1, args.workers))
    clock = Clock()
    while len(records) < len(mine):
        seeds = mine[len(records):len(records) + args.batch]
        pictures = [stickers.render(s) for s in seeds]
        x = torch.from_numpy(np.stack([p for p, _ in pictures])).to(args.device).permute(0, 3, 1, 2).float() / 127.5 - 1
        with torch.no_grad():
            z = vae.moments(x.contiguous())[:, :4].cpu().numpy().astype(np.float16)
        latents += list(z)
        records += [{"seed": s, **r} for s, (_, r) in zip(seeds, pictures)]
        if len(records) % (args.batch * 50) == 0 or len(records) >= len(mine):
            np.save(name, np.stack(latents))
            json.dump(records, open(note, "w"))
            print(f"[{rank}] {len(records)}/{len(mine)} {clock():.0f}s", flush=True)


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--out", default="run")
    p.add_argument("--count", type=int, default=8000)
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--workers", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--device", default="cpu")
    p.add_argument("--precision", default="fp32", choices=["fp32", "bf16"])
    launch(main, p.parse_args())
