"""Train the autoencoder (first_stage_model) on crops of rendered pictures.

  python3 train_vae.py --out run --steps 3800 --workers 2        # two processes, one thread each
  python3 train_vae.py --out run --steps 40000 --device cuda     # one GPU
Restarting the same command continues from run/vae.pt.
"""
import argparse
import os
import random

import numpy as np
import torch
import torch.nn.functional as F

import common
import stickers
from common import Clock, Ema, autocast, average_gradients, launch, save_torch, schedule
from models import AUTOENCODER, Autoencoder, count


def pool(first, n):
    """Pixels and subject boxes of n pictures from seed `first` on."""
    out = []
    for i in range(n):
        pixels, record = stickers.render(first + i)
        out.append((pixels, record["boxes"]))
    return out


def strokes(x, rng):
    """Paint a few plain brush strokes, as people do in the sketch modes."""
    s = x.shape[0]
    for _ in range(rng.randint(1, 3)):
        c = [rng.randint(0, 255) for _ in range(3)]
        r, px, py = rng.randint(3, 10), rng.randint(0, s), rng.randint(0, s)
        for _ in range(rng.randint(2, 12)):
            px, py = px + rng.randint(-12, 12), py + rng.randint(-12, 12)
            x[max(0, py - r):max(0, py + r), max(0, px - r):max(0, px + r)] = c
    return x


def crop(pictures, size, rng):
    """A square crop of one of the pictures, mostly around a subject, now and then altered."""
    pixels, boxes = pictures[rng.randrange(len(pictures))]
    top = stickers.SIZE - size
    if boxes and rng.random() < .8:
        b = rng.choice(boxes)
        cx, cy = rng.randint(b[0], b[2]), rng.randint(b[1], b[3])
        x, y = (min(top, max(0, c - size // 2)) for c in (cx, cy))
    else:
        x, y = rng.randint(0, top), rng.randint(0, top)
    out = pixels[y:y + size, x:x + size]
    if rng.random() < .3:
        out = out[:, ::-1]
    out = out.copy()
    if rng.random() < .08:
        out = out[..., rng.sample(range(3), 3)]
    if rng.random() < .08:
        out = strokes(out, rng)
    return out


def batch(pictures, size, n, rng, device):
    """n crops as [n, 3, size, size] in -1..1."""
    a = np.stack([crop(pictures, size, rng) for _ in range(n)])
    return torch.from_numpy(a).to(device).permute(0, 3, 1, 2).float().div_(127.5).sub_(1).contiguous()


def losses(vae, x, noise):
    """The loss, and the three parts of it that are logged: mean absolute error, mean squared error, KL."""
    m = vae.moments(x)
    mean, logvar = m.chunk(2, 1)
    logvar = logvar.clamp(-30, 20)
    z = mean + (logvar / 2).exp() * noise
    y = vae.decode(z)
    d = y - x
    rec, grad, scale = d.abs().mean(), 0, d
    for level in range(3):
        grad = grad + (scale[..., 1:] - scale[..., :-1]).abs().mean() + (scale[..., 1:, :] - scale[..., :-1, :]).abs().mean()
        if level < 2:
            scale = F.avg_pool2d(scale, 2)
    kl = .5 * (mean ** 2 + logvar.exp() - 1 - logvar).mean()
    mse = (d ** 2).mean()
    return rec + .5 * grad + 2 * mse + 2e-4 * kl, rec, mse, kl


def main(rank, args):
    """One of `workers` equal processes; the first also logs and saves."""
    device = args.device
    common.PRECISION["mode"] = args.precision
    torch.manual_seed(1)
    vae = Autoencoder(**AUTOENCODER).to(device)
    ema = Ema(vae, .995)
    params = list(vae.parameters())
    opt = torch.optim.Adam(params, lr=args.lr, betas=(.9, .99))
    path, step, spent = os.path.join(args.out, "vae.pt"), 0, 0.
    if os.path.exists(path):
        s = torch.load(path, map_location=device)
        vae.load_state_dict(s["model"])
        if s["opt"]:
            opt.load_state_dict(s["opt"])
        ema.shadow, ema.steps, step, spent = s["ema"], s["step"], s["step"], s["spent"]
    if rank == 0:
        os.makedirs(args.out, exist_ok=True)
        print("parameters", count(vae), "start at step", step, flush=True)
    pictures = pool(10_000_000 + rank * args.pool, args.pool)
    clock, last_save, log = Clock(), 0, []
    while step < args.steps:
        rng = random.Random(f"vae/{rank}/{step}")
        torch.manual_seed(1000003 * (rank + 1) + step)
        f = step / args.steps
        size, n = (64, 8) if f < .40 else (128, 2) if f < .96 else (256, 1)
        x = batch(pictures, size, n * args.batch_scale, rng, device)
        lr = schedule(step, args.steps, args.lr, 150)
        for g in opt.param_groups:
            g["lr"] = lr
        z = torch.randn(x.shape[0], 4, size // 8, size // 8, device=device)
        with autocast(device):
            loss, rec, mse, kl = losses(vae, x, z)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(params, args.workers)
        torch.nn.utils.clip_grad_norm_(params, 1.)
        opt.step()
        ema.update(vae)
        step += 1
        log.append([float(rec), float(mse), float(kl)])
        if rank == 0 and step % 50 == 0:
            r, m, k = np.mean(log[-50:], 0)
            print(f"step {step} {size}px L1 {r:.4f} PSNR {10 * np.log10(4 / m):.2f} KL {k:.2f} lr {lr:.1e} "
                  f"{clock():.0f}s {clock() / len(log):.3f}s/step", flush=True)
        if rank == 0 and (clock() - last_save > 240 or step == args.steps):
            last_save = clock()
            save_torch({"model": vae.state_dict(), "opt": opt.state_dict(), "ema": ema.shadow, "step": step,
                        "spent": spent + clock()}, path)


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--out", default="run")
    p.add_argument("--steps", type=int, default=3800)
    p.add_argument("--lr", type=float, default=8e-4)
    p.add_argument("--pool", type=int, default=1500, help="pictures rendered per process")
    p.add_argument("--workers", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--batch-scale", type=int, default=1)
    p.add_argument("--device", default="cpu")
    p.add_argument("--precision", default="fp32", choices=["fp32", "bf16"], help="bf16: rounded products on the CPU")
    launch(main, p.parse_args())
