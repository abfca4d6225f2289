"""Train U-Net and text encoder together on stored latents.

  python3 train_unet.py --out run --bpe bpe_simple_vocab_16e6.txt.gz --steps 7000 --workers 2
Restarting the same command continues from run/unet.pt.
"""
import argparse
import glob
import json
import os
import random

import numpy as np
import torch
import torch.nn as nn

import common
import stickers
import tokens
from common import Clock, Flat, autocast, launch, save_torch, schedule
from models import TEXT, UNET, ClipText, UNet, count


class Words:
    """CLIP ids <-> rows of the small embedding table used in training (row 0 = all unknown tokens)."""

    def __init__(self, bpe):
        self.tokenizer = tokens.Tokenizer(bpe)
        known = sorted({t for w in stickers.words() for t in self.tokenizer.tokens(w)} | {tokens.START, tokens.END})
        self.ids = [0] + known
        self.row = {t: i + 1 for i, t in enumerate(known)}
        self.cache = {}

    def __call__(self, texts):
        for t in texts:
            if t not in self.cache:
                if len(self.cache) > 200000:
                    self.cache.clear()
                self.cache[t] = [self.row.get(i, 0) for i in self.tokenizer.encode(t)]
        return torch.tensor([self.cache[t] for t in texts])


class Model(nn.Module):
    """U-Net and text encoder as one; the embedding of unknown tokens stays zero."""

    def __init__(self, rows):
        super().__init__()
        self.unet, self.text = UNet(**UNET), ClipText(rows=rows, **TEXT)
        with torch.no_grad():
            self.text.embeddings.token_embedding.weight[0] = 0
        self.text.embeddings.token_embedding.weight.register_hook(self._keep_zero)

    @staticmethod
    def _keep_zero(grad):
        grad = grad.clone()
        grad[0] = 0
        return grad

    def forward(self, x, t, ids):
        return self.unet(x, t, self.text(ids))


def alphas_cumprod():
    """How much of the picture is left at each timestep: scaled-linear betas."""
    betas = torch.linspace(.00085 ** .5, .012 ** .5, 1000, dtype=torch.float64) ** 2
    return torch.cumprod(1 - betas, 0).float()


def load_latents(out):
    """The stored latents [n, 4, 32, 32] float16 with zero mean and unit spread per channel, and the pictures' records."""
    latents, records = [], []
    for name in sorted(glob.glob(os.path.join(out, "latents-*.npy"))):
        latents.append(np.load(name))
        records += json.load(open(name.replace("latents-", "records-").replace(".npy", ".json")))
    latents = torch.from_numpy(np.concatenate(latents))
    stats = os.path.join(out, "latent_stats.json")
    if not os.path.exists(stats):
        z = latents[:4000].float()
        json.dump({"mean": z.mean((0, 2, 3)).tolist(), "std": z.std((0, 2, 3)).tolist()}, open(stats, "w"))
    s = json.load(open(stats))
    mean, std = (torch.tensor(s[k]).view(1, 4, 1, 1) for k in ("mean", "std"))
    for i in range(0, len(latents), 1024):  # in place, stays float16
        latents[i:i + 1024] = ((latents[i:i + 1024].float() - mean) / std).half()
    return latents, records


def pick_shape(rng, f):
    """Height and width of a step's crops, in latent pixels; small ones mostly while f, the share of steps done, is low."""
    r = rng.random()
    if f < .3:
        return (24, 24) if r < .7 else (32, 32)
    return (32, 32) if r < .75 else (24, 24) if r < .9 else rng.choice([(24, 32), (32, 24)])


def make_batch(latents, records, words, rng, h, w, n):
    """n crops of latents and the token rows of captions for what they show."""
    xs, texts = [], []
    for _ in range(n):
        i = rng.randrange(len(records))
        r, best = records[i], None
        for _ in range(3 if (h, w) != (32, 32) else 1):  # prefer crops that show the subjects
            y, x = rng.randint(0, 32 - h), rng.randint(0, 32 - w)
            c = (x * 8, y * 8, (x + w) * 8, (y + h) * 8)
            v = sum(stickers.visible_share(b, c) for b in r["boxes"])
            if best is None or v > best[0]:
                best = (v, y, x, c)
        _, y, x, c = best
        xs.append(latents[i, :, y:y + h, x:x + w])
        texts.append(stickers.caption(r, rng, c))
    return torch.stack(xs).float(), words(texts)


def main(rank, args):
    """One of `workers` equal processes; the first also logs, averages and saves."""
    device = args.device
    common.PRECISION["mode"] = args.precision
    latents, records = load_latents(args.out)
    words = Words(args.bpe)
    torch.manual_seed(2)
    model = Model(len(words.ids)).to(device)
    flat = Flat(model)
    opt = torch.optim.AdamW([flat.parameter], lr=args.lr, betas=(.9, .99), weight_decay=1e-3)
    path, step, spent = os.path.join(args.out, "unet.pt"), 0, 0.
    if os.path.exists(path):
        s = torch.load(path, map_location=device)
        flat.load(flat.data, s["model"])
        flat.load(flat.ema, s["ema"])
        if s["opt"]:
            opt.load_state_dict(s["opt"])
        step, spent = s["step"], s["spent"]
    if rank == 0:
        print(f"U-Net {count(model.unet)}, text {count(model.text)} ({len(words.ids)} rows), "
              f"{len(records)} latents, start at step {step}", flush=True)
    ac = alphas_cumprod().to(device)
    snr = ac / (1 - ac)
    # In terms of the clean latents: weight 1 where noise dominates (v-like), so that layout and colours, which
    # only the text tells, are learned early; at most 5 where the picture is nearly clean (min-SNR, gamma 5).
    weight = (torch.clamp(snr + 1, max=5) / snr).clamp(max=60)
    clock, last_save, log, first = Clock(), 0, [], step
    while step < args.steps:
        h, w = pick_shape(random.Random(f"shape/{step}"), step / args.steps)
        n = round(args.batch * 1024 / (h * w))
        rng = random.Random(f"unet/{rank}/{step}")
        gen = torch.Generator().manual_seed(7000003 * (rank + 1) + step)
        x, ids = make_batch(latents, records, words, rng, h, w, n)
        t = ((torch.arange(n) + torch.rand(n, generator=gen)) * (1000 / n)).long().clamp(max=999)  # stratified
        noise = torch.randn(x.shape, generator=gen)
        # a little common noise per channel: GroupNorm hides the mean, this makes the network learn it
        noise = noise + args.offset * torch.randn((n, 4, 1, 1), generator=gen)
        x, ids, t, noise = (v.to(device) for v in (x, ids, t, noise))
        a = ac[t].view(-1, 1, 1, 1)
        lr = schedule(step, args.steps, args.lr, 200) * min(1, (step - first + 1) / 60)
        for g in opt.param_groups:
            g["lr"] = lr
        with autocast(device):
            out = model(a.sqrt() * x + (1 - a).sqrt() * noise, t, ids)
        error = ((out.float() - noise) ** 2).mean((1, 2, 3))
        loss = (weight[t] * error).mean()
        flat.grad.zero_()
        loss.backward()
        if args.workers > 1:
            torch.distributed.all_reduce(flat.grad)
            flat.grad /= args.workers
        flat.grad *= torch.clamp(1 / (flat.grad.norm() + 1e-6), max=1)
        opt.step()
        if rank == 0:
            flat.average(args.ema, step)
        step += 1
        log.append([float(loss), float(error.mean())])
        if rank == 0 and step % 100 == 0:
            l, e = np.mean(log[-100:], 0)
            print(f"step {step} loss {l:.4f} eps-mse {e:.4f} lr {lr:.1e} {clock():.0f}s {clock() / len(log):.3f}s/step",
                  flush=True)
        if rank == 0 and (clock() - last_save > 150 or step == args.steps):
            last_save = clock()
            save_torch({"model": flat.state(flat.data), "opt": opt.state_dict(), "ema": flat.state(flat.ema), "step": step,
                        "spent": spent + clock(), "ids": words.ids, "unet": UNET, "text": TEXT}, path)


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--out", default="run")
    p.add_argument("--bpe", required=True, help="bpe_simple_vocab_16e6.txt.gz of the public CLIP repository")
    p.add_argument("--steps", type=int, default=7000)
    p.add_argument("--batch", type=int, default=12, help="pictures of 32x32 latents per process and step")
    p.add_argument("--lr", type=float, default=7e-4)
    p.add_argument("--offset", type=float, default=.1, help="strength of the offset noise")
    p.add_argument("--ema", type=float, default=.998)
    p.add_argument("--workers", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--device", default="cpu")
    p.add_argument("--precision", default="fp32", choices=["fp32", "bf16"])
    launch(main, p.parse_args())
