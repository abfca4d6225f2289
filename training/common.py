"""What both training programs share: precision, several processes, averaged weights, learning-rate schedule, saving."""
import contextlib
import math
import os
import socket
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

# Precision of convolutions and linear layers.  "bf16" rounds inputs and weights to bfloat16
# for the multiplication only (accumulation, activations, norms and master weights stay float32);
# on CPUs with AVX512-BF16 this doubles the training speed.
PRECISION = {"mode": "fp32"}


class Conv2d(nn.Conv2d):
    """torch's, in the precision chosen; the result is float32."""

    def forward(self, x):
        if PRECISION["mode"] == "bf16":
            b = torch.bfloat16
            return F.conv2d(x.to(b), self.weight.to(b), self.bias.to(b), self.stride, self.padding).float()
        return super().forward(x)


class Linear(nn.Linear):
    """torch's, in the precision chosen; the result is float32 unless `keep` is asked for."""

    def forward(self, x, keep=False):
        """keep: leave the result in bfloat16 where the product was computed so."""
        if PRECISION["mode"] == "bf16":
            b = torch.bfloat16
            y = F.linear(x.to(b), self.weight.to(b), None if self.bias is None else self.bias.to(b))
            return y if keep else y.float()
        return super().forward(x)


def zero(module):
    """The module with all its parameters zero: a residual branch that starts as nothing."""
    for p in module.parameters():
        nn.init.zeros_(p)
    return module


# ---------------------------------------------------------------- data parallelism
def free_port():
    """A TCP port of this machine that nobody listens on."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    return s.getsockname()[1]


def launch(main, args):
    """Run main(rank, args) in args.workers processes (one thread each) or in this one."""
    if args.workers <= 1:
        if args.device == "cpu":
            torch.set_num_threads(args.threads)
        main(0, args)
        return
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(free_port()), OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1",
                      # glibc: keep freed memory instead of returning it (page faults cost more than the arithmetic)
                      MALLOC_MMAP_THRESHOLD_=str(4 << 30), MALLOC_TRIM_THRESHOLD_=str(32 << 30), MALLOC_TOP_PAD_=str(256 << 20))
    torch.multiprocessing.spawn(_entry, (main, args), nprocs=args.workers)


def _entry(rank, main, args):
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", rank=rank, world_size=args.workers)
    main(rank, args)


def average_gradients(parameters, workers):
    """Give every process the mean of all processes' gradients."""
    if workers <= 1:
        return
    grads = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([g.reshape(-1) for g in grads])
    torch.distributed.all_reduce(flat)
    flat /= workers
    offset = 0
    for g in grads:
        g.copy_(flat[offset:offset + g.numel()].view_as(g))
        offset += g.numel()


class Flat:
    """All parameters of a module in one buffer: one optimiser step, one reduction, one average.

    `data` and `grad` are the buffers behind the module's own parameters, `ema` the exponential moving average of `data`.
    """

    def __init__(self, module):
        self.named = list(module.named_parameters())
        n = sum(p.numel() for _, p in self.named)
        device = self.named[0][1].device
        self.data, self.grad = torch.empty(n, device=device), torch.zeros(n, device=device)
        for (_, p), d, g in zip(self.named, self.views(self.data), self.views(self.grad)):
            d.copy_(p.data)
            p.data, p.grad = d, g
        self.parameter = nn.Parameter(self.data)
        self.parameter.grad = self.grad
        self.ema = self.data.clone()

    def views(self, flat):
        """The buffer cut into the shapes of the parameters."""
        out, offset = [], 0
        for _, p in self.named:
            out.append(flat[offset:offset + p.numel()].view(p.shape))
            offset += p.numel()
        return out

    def state(self, flat):
        """The buffer as a state dict."""
        return {name: v.clone() for (name, _), v in zip(self.named, self.views(flat))}

    def load(self, flat, state):
        """Fill the buffer from a state dict."""
        for (name, _), v in zip(self.named, self.views(flat)):
            v.copy_(state[name])

    def average(self, decay, step):
        """Move the average towards the present weights; early steps count more."""
        self.ema.lerp_(self.data, 1 - min(decay, (1 + step) / (10 + step)))


class Ema:
    """Exponential moving average of a module's state (`shadow`); early steps count more."""

    def __init__(self, module, decay=.999):
        self.decay, self.steps = decay, 0
        self.shadow = {k: v.detach().clone() for k, v in module.state_dict().items()}

    def update(self, module):
        self.steps += 1
        d = min(self.decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for k, v in module.state_dict().items():
                self.shadow[k].lerp_(v, 1 - d)


def schedule(step, steps, peak, warmup=200, floor=.005):
    """Learning rate: linear warm-up to `peak`, then half a cosine down to `floor * peak`."""
    if step < warmup:
        return peak * (step + 1) / warmup
    x = min(1, (step - warmup) / max(1, steps - warmup))
    return peak * (floor + (1 - floor) * .5 * (1 + math.cos(math.pi * x)))


def save_torch(obj, path):
    """Save without ever leaving half a file under that name."""
    torch.save(obj, path + ".part")
    os.replace(path + ".part", path)


def autocast(device):
    """bfloat16 on a GPU that has it; nothing on the CPU (see PRECISION)."""
    return contextlib.nullcontext() if device == "cpu" else torch.autocast("cuda", torch.bfloat16)


class Clock:
    """Seconds since it was made, when called."""

    def __init__(self):
        self.start = time.time()

    def __call__(self):
        return time.time() - self.start
