"""Optional speed-up for CPU training: GroupNorm + SiLU, softmax and GEGLU as single kernels (gnsilu.c through ctypes)."""
import ctypes
import os
import subprocess
import tempfile

import torch

_lib = None


def available():
    """Compile once; False where there is no C compiler."""
    global _lib
    if _lib is None:
        here = os.path.dirname(os.path.abspath(__file__))
        target = os.path.join(tempfile.gettempdir(), f"gnsilu-{os.getuid()}.so")
        source = os.path.join(here, "gnsilu.c")
        try:
            if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(source):
                part = f"{target}.{os.getpid()}"
                subprocess.run(["gcc", "-O3", "-march=native", "-ffast-math", "-mprefer-vector-width=512", "-shared",
                                "-fPIC", source, "-o", part, "-lm"], check=True)
                os.replace(part, target)
            _lib = ctypes.CDLL(target)
        except (OSError, subprocess.CalledProcessError):
            _lib = False
    return bool(_lib)


def _p(t):
    """The address of a tensor's data."""
    return ctypes.c_void_p(t.data_ptr())


class _GroupNormSilu(torch.autograd.Function):
    """gn_forward and gn_backward."""

    @staticmethod
    def forward(ctx, x, gamma, beta, groups, eps, silu):
        x = x.contiguous()
        n, c, h, w = x.shape
        y = torch.empty(x.shape, dtype=torch.bfloat16)
        mean, rstd = torch.empty(n * groups), torch.empty(n * groups)
        i = ctypes.c_int64
        _lib.gn_forward(_p(x), _p(gamma), _p(beta), _p(y), _p(mean), _p(rstd), i(n), i(c), i(h * w), i(groups),
                        ctypes.c_float(eps), ctypes.c_int(silu))
        ctx.save_for_backward(x, gamma, beta, mean, rstd)
        ctx.groups, ctx.silu = groups, silu
        return y

    @staticmethod
    def backward(ctx, dy):
        x, gamma, beta, mean, rstd = ctx.saved_tensors
        dy = dy.to(torch.bfloat16).contiguous()
        n, c, h, w = x.shape
        dx, dgamma, dbeta = torch.empty_like(x), torch.zeros_like(gamma), torch.zeros_like(beta)
        i = ctypes.c_int64
        _lib.gn_backward(_p(dy), _p(x), _p(gamma), _p(beta), _p(mean), _p(rstd), _p(dx), _p(dgamma), _p(dbeta),
                         i(n), i(c), i(h * w), i(ctx.groups), ctypes.c_int(ctx.silu))
        return dx, dgamma, dbeta, None, None, None


def group_norm_silu(x, norm, silu=True):
    """Float32 x through a torch GroupNorm and, unless told otherwise, SiLU -> bfloat16."""
    return _GroupNormSilu.apply(x, norm.weight, norm.bias, norm.num_groups, norm.eps, int(silu))


class _Softmax(torch.autograd.Function):
    """softmax_forward and softmax_backward: over the last axis, at most 4096 long."""

    @staticmethod
    def forward(ctx, s):
        s = s.contiguous()
        p = torch.empty_like(s)
        _lib.softmax_forward(_p(s), _p(p), ctypes.c_int64(s.numel() // s.shape[-1]), ctypes.c_int64(s.shape[-1]))
        ctx.save_for_backward(p)
        return p

    @staticmethod
    def backward(ctx, dp):
        p, = ctx.saved_tensors
        dp = dp.contiguous()
        ds = torch.empty_like(p)
        _lib.softmax_backward(_p(dp), _p(p), _p(ds), ctypes.c_int64(p.numel() // p.shape[-1]), ctypes.c_int64(p.shape[-1]))
        return ds


class _Geglu(torch.autograd.Function):
    """geglu_forward and geglu_backward."""

    @staticmethod
    def forward(ctx, x):
        x = x.contiguous()
        c = x.shape[-1] // 2
        y = torch.empty(x.shape[:-1] + (c,), dtype=x.dtype)
        _lib.geglu_forward(_p(x), _p(y), ctypes.c_int64(y.numel() // c), ctypes.c_int64(c))
        ctx.save_for_backward(x)
        return y

    @staticmethod
    def backward(ctx, dy):
        x, = ctx.saved_tensors
        dy, dx = dy.contiguous(), torch.empty_like(x)
        c = x.shape[-1] // 2
        _lib.geglu_backward(_p(dy), _p(x), _p(dx), ctypes.c_int64(dy.numel() // c), ctypes.c_int64(c))
        return dx


softmax, geglu = _Softmax.apply, _Geglu.apply  # bfloat16 tensors
