"""The three networks of a Stable Diffusion 1.x checkpoint, with its state-dict names, any width.

Attribute names (in_layers, to_q, nin_shortcut ...) are those of the checkpoint and not ours to choose. In signatures,
i and o are input and output channels, c channels, b batch, h and w height and width.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

import fused
from common import PRECISION, Conv2d, Linear, zero

# palimpsest-tiny
AUTOENCODER = dict(ch=32, mult=(2, 2, 2, 4), blocks=1)
UNET = dict(mc=32, mult=(2, 3, 3), blocks=1, attention=(1, 2), context=64, heads=4)
TEXT = dict(width=64, layers=3, heads=1)
SCALE = .18215  # scale factor of Stable Diffusion's latents


def gn(channels, eps):
    """Group normalisation in 32 groups, as everywhere in Stable Diffusion."""
    return nn.GroupNorm(32, channels, eps=eps)


def norm_silu(norm, x, silu=True):
    """Normalisation, then SiLU unless told otherwise; through the fused kernel where there is one."""
    if PRECISION["mode"] == "bf16" and fused.available():
        return fused.group_norm_silu(x, norm, silu)
    return F.silu(norm(x)) if silu else norm(x)


def split_heads(t, heads):
    """[b, n, c] -> [b, heads, n, c / heads]"""
    b, n, c = t.shape
    return t.reshape(b, n, heads, c // heads).transpose(1, 2)


def attend(q, k, v, heads, mask=None):
    """Multi-head attention of [b, n, c] tensors; the mask is added to the scores."""
    b, n, c = q.shape
    q = q * (c // heads) ** -.5
    q, k, v = (split_heads(t, heads) for t in (q, k, v))
    if PRECISION["mode"] == "bf16" and fused.available():
        s = q.bfloat16() @ k.bfloat16().transpose(-1, -2)
        o = fused.softmax(s if mask is None else s + mask.bfloat16()) @ v.bfloat16()
    else:
        s = q @ k.transpose(-1, -2)
        o = (s if mask is None else s + mask).softmax(-1) @ v
    return o.transpose(1, 2).reshape(b, n, c)


# ---------------------------------------------------------------- autoencoder (first_stage_model)
class VaeRes(nn.Module):
    """Residual block of the autoencoder."""

    def __init__(self, i, o):
        super().__init__()
        self.norm1, self.conv1 = gn(i, 1e-6), Conv2d(i, o, 3, padding=1)
        self.norm2, self.conv2 = gn(o, 1e-6), zero(Conv2d(o, o, 3, padding=1))
        if i != o:
            self.nin_shortcut = Conv2d(i, o, 1)
        self.same = i == o

    def forward(self, x):
        h = self.conv1(norm_silu(self.norm1, x))
        h = self.conv2(norm_silu(self.norm2, h))
        return (x if self.same else self.nin_shortcut(x)) + h


class VaeAttention(nn.Module):
    """One-headed self-attention over the pixels, with 1x1 convolutions as projections."""

    def __init__(self, c):
        super().__init__()
        self.norm = gn(c, 1e-6)
        self.q, self.k, self.v = Conv2d(c, c, 1), Conv2d(c, c, 1), Conv2d(c, c, 1)
        self.proj_out = zero(Conv2d(c, c, 1))

    def forward(self, x):
        b, c, h, w = x.shape
        n = norm_silu(self.norm, x, silu=False)
        q, k, v = (f(n).flatten(2).transpose(1, 2) for f in (self.q, self.k, self.v))
        return x + self.proj_out(attend(q, k, v, 1).transpose(1, 2).reshape(b, c, h, w))


class Down(nn.Module):
    """Half the size, in the encoder."""

    def __init__(self, c):
        super().__init__()
        self.conv = Conv2d(c, c, 3, stride=2)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)))  # pads right and bottom only


class Up(nn.Module):
    """Twice the size, in the decoder and in the U-Net."""

    def __init__(self, c):
        super().__init__()
        self.conv = Conv2d(c, c, 3, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


def mid_block(c):
    """Residual block, attention, residual block: the narrowest place of encoder and decoder."""
    m = nn.Module()
    m.block_1, m.attn_1, m.block_2 = VaeRes(c, c), VaeAttention(c), VaeRes(c, c)
    return m


class Encoder(nn.Module):
    """Pixels -> features of twice z channels; `blocks` residual blocks per level, one level per multiplier."""

    def __init__(self, ch, mult, blocks, z):
        super().__init__()
        self.conv_in = Conv2d(3, ch, 3, padding=1)
        self.down, i = nn.ModuleList(), ch
        for level, m in enumerate(mult):
            stage = nn.Module()
            stage.block = nn.ModuleList()
            for _ in range(blocks):
                stage.block.append(VaeRes(i, ch * m))
                i = ch * m
            if level < len(mult) - 1:
                stage.downsample = Down(i)
            self.down.append(stage)
        self.mid = mid_block(i)
        self.norm_out, self.conv_out = gn(i, 1e-6), Conv2d(i, 2 * z, 3, padding=1)

    def forward(self, x):
        h = self.conv_in(x)
        for stage in self.down:
            for block in stage.block:
                h = block(h)
            if hasattr(stage, "downsample"):
                h = stage.downsample(h)
        h = self.mid.block_2(self.mid.attn_1(self.mid.block_1(h)))
        return self.conv_out(norm_silu(self.norm_out, h))


class Decoder(nn.Module):
    """Latents -> pixels; one residual block more per level than the encoder."""

    def __init__(self, ch, mult, blocks, z):
        super().__init__()
        i = ch * mult[-1]
        self.conv_in = Conv2d(z, i, 3, padding=1)
        self.mid = mid_block(i)
        up = []
        for level in reversed(range(len(mult))):
            stage = nn.Module()
            stage.block = nn.ModuleList()
            for _ in range(blocks + 1):
                stage.block.append(VaeRes(i, ch * mult[level]))
                i = ch * mult[level]
            if level:
                stage.upsample = Up(i)
            up.insert(0, stage)
        self.up = nn.ModuleList(up)
        self.norm_out, self.conv_out = gn(i, 1e-6), Conv2d(i, 3, 3, padding=1)

    def forward(self, z):
        h = self.conv_in(z)
        h = self.mid.block_2(self.mid.attn_1(self.mid.block_1(h)))
        for stage in reversed(self.up):
            for block in stage.block:
                h = block(h)
            if hasattr(stage, "upsample"):
                h = stage.upsample(h)
        return self.conv_out(norm_silu(self.norm_out, h))


class Autoencoder(nn.Module):
    """Pixels in -1..1; `moments` gives mean and log-variance, 8x smaller, 4 channels each."""

    def __init__(self, ch=32, mult=(1, 1, 2, 3), blocks=1, z=4):
        super().__init__()
        self.encoder, self.decoder = Encoder(ch, mult, blocks, z), Decoder(ch, mult, blocks, z)
        self.quant_conv, self.post_quant_conv = Conv2d(2 * z, 2 * z, 1), Conv2d(z, z, 1)

    def moments(self, x):
        return self.quant_conv(self.encoder(x))

    def decode(self, z):
        return self.decoder(self.post_quant_conv(z))


# ---------------------------------------------------------------- U-Net (model.diffusion_model)
class ResBlock(nn.Module):
    """Residual block of the U-Net, which the time embedding steers."""

    def __init__(self, i, o, emb):
        super().__init__()
        self.in_layers = nn.Sequential(gn(i, 1e-5), nn.SiLU(), Conv2d(i, o, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), Linear(emb, o))
        self.out_layers = nn.Sequential(gn(o, 1e-5), nn.SiLU(), nn.Dropout(0), zero(Conv2d(o, o, 3, padding=1)))
        self.skip_connection = nn.Identity() if i == o else Conv2d(i, o, 1)

    def forward(self, x, emb):
        h = self.in_layers[2](norm_silu(self.in_layers[0], x)) + self.emb_layers(emb)[:, :, None, None]
        return self.skip_connection(x) + self.out_layers[3](norm_silu(self.out_layers[0], h))


class Attention(nn.Module):
    """Self-attention, or cross-attention to a context of its own width."""

    def __init__(self, c, context, heads):
        super().__init__()
        self.heads = heads
        self.to_q, self.to_k = Linear(c, c, bias=False), Linear(context, c, bias=False)
        self.to_v = Linear(context, c, bias=False)
        self.to_out = nn.Sequential(Linear(c, c), nn.Dropout(0))

    def forward(self, x, context=None):
        context = x if context is None else context
        q, k, v = self.to_q(x, True), self.to_k(context, True), self.to_v(context, True)
        return self.to_out(attend(q, k, v, self.heads))


class Geglu(nn.Module):
    """Linear layer of which one half gates the other through GELU."""

    def __init__(self, c, inner):
        super().__init__()
        self.proj = Linear(c, 2 * inner)

    def forward(self, x):
        h = self.proj(x, True)
        if h.dtype == torch.bfloat16 and not h.is_cuda and fused.available():
            return fused.geglu(h)
        a, gate = h.chunk(2, -1)
        return a * F.gelu(gate)


class FeedForward(nn.Module):
    """The feed-forward part of a transformer block."""

    def __init__(self, c):
        super().__init__()
        self.net = nn.Sequential(Geglu(c, 4 * c), nn.Dropout(0), Linear(4 * c, c))

    def forward(self, x):
        return self.net(x)


class TransformerBlock(nn.Module):
    """Self-attention, cross-attention to the text, feed-forward, each residual."""

    def __init__(self, c, context, heads):
        super().__init__()
        self.attn1, self.ff = Attention(c, c, heads), FeedForward(c)
        self.attn2 = Attention(c, context, heads)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(c), nn.LayerNorm(c), nn.LayerNorm(c)

    def forward(self, x, context):
        x = x + self.attn1(self.norm1(x))
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class SpatialTransformer(nn.Module):
    """A transformer block over the pixels of a feature map; this is where the text comes in."""

    def __init__(self, c, context, heads):
        super().__init__()
        self.norm, self.proj_in = gn(c, 1e-6), Conv2d(c, c, 1)
        self.transformer_blocks = nn.ModuleList([TransformerBlock(c, context, heads)])
        self.proj_out = zero(Conv2d(c, c, 1))

    def forward(self, x, context):
        b, c, h, w = x.shape
        t = self.proj_in(norm_silu(self.norm, x, silu=False)).flatten(2).transpose(1, 2).contiguous()
        for block in self.transformer_blocks:
            t = block(t, context)
        return x + self.proj_out(t.transpose(1, 2).reshape(b, c, h, w).contiguous())


class Downsample(nn.Module):
    """Half the size, in the U-Net."""

    def __init__(self, c):
        super().__init__()
        self.op = Conv2d(c, c, 3, stride=2, padding=1)

    def forward(self, x):
        return self.op(x)


class Layers(nn.Sequential):
    """Layers in a row, each given what it needs besides x."""

    def forward(self, x, emb, context):
        for layer in self:
            if isinstance(layer, ResBlock):
                x = layer(x, emb)
            elif isinstance(layer, SpatialTransformer):
                x = layer(x, context)
            else:
                x = layer(x)
        return x


class UNet(nn.Module):
    """Noise prediction. mc: model channels; attention: the levels that have transformers; x [b, 4, h, w], t [b] timesteps,
    which may be fractional, context [b, tokens, width] -> [b, 4, h, w]."""

    def __init__(self, mc=32, mult=(1, 3, 3), blocks=1, attention=(1, 2), context=64, heads=8):
        super().__init__()
        self.mc, emb = mc, 4 * mc
        self.time_embed = nn.Sequential(Linear(mc, emb), nn.SiLU(), Linear(emb, emb))
        self.input_blocks = nn.ModuleList([Layers(Conv2d(4, mc, 3, padding=1))])
        c, skips = mc, [mc]
        for level, m in enumerate(mult):
            for _ in range(blocks):
                layers = [ResBlock(c, mc * m, emb)]
                c = mc * m
                if level in attention:
                    layers.append(SpatialTransformer(c, context, heads))
                self.input_blocks.append(Layers(*layers))
                skips.append(c)
            if level < len(mult) - 1:
                self.input_blocks.append(Layers(Downsample(c)))
                skips.append(c)
        self.middle_block = Layers(ResBlock(c, c, emb), SpatialTransformer(c, context, heads), ResBlock(c, c, emb))
        self.output_blocks = nn.ModuleList()
        for level in reversed(range(len(mult))):
            for i in range(blocks + 1):
                layers = [ResBlock(c + skips.pop(), mc * mult[level], emb)]
                c = mc * mult[level]
                if level in attention:
                    layers.append(SpatialTransformer(c, context, heads))
                if level and i == blocks:
                    layers.append(Up(c))
                self.output_blocks.append(Layers(*layers))
        self.out = nn.Sequential(gn(c, 1e-5), nn.SiLU(), zero(Conv2d(c, 4, 3, padding=1)))

    def forward(self, x, t, context):
        half = self.mc // 2
        f = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32, device=x.device) / half)
        a = t.float()[:, None] * f[None]
        emb = self.time_embed(torch.cat([a.cos(), a.sin()], -1))
        skips, h = [], x
        for block in self.input_blocks:
            h = block(h, emb, context)
            skips.append(h)
        h = self.middle_block(h, emb, context)
        for block in self.output_blocks:
            h = block(torch.cat([h, skips.pop()], 1), emb, context)
        return self.out[2](norm_silu(self.out[0], h))


# ---------------------------------------------------------------- text encoder (cond_stage_model.transformer)
class ClipAttention(nn.Module):
    """Self-attention of the text encoder."""

    def __init__(self, c, heads):
        super().__init__()
        self.heads = heads
        self.k_proj, self.v_proj, self.q_proj, self.out_proj = (Linear(c, c) for _ in range(4))

    def forward(self, x, mask):
        return self.out_proj(attend(self.q_proj(x), self.k_proj(x), self.v_proj(x), self.heads, mask))


class ClipMlp(nn.Module):
    """Two linear layers with the quick approximation of GELU between them."""

    def __init__(self, c):
        super().__init__()
        self.fc1, self.fc2 = Linear(c, 4 * c), Linear(4 * c, c)

    def forward(self, x):
        h = self.fc1(x)
        return self.fc2(h * torch.sigmoid(1.702 * h))


class ClipLayer(nn.Module):
    """One layer of the text encoder, normalised before each part."""

    def __init__(self, c, heads):
        super().__init__()
        self.self_attn, self.layer_norm1 = ClipAttention(c, heads), nn.LayerNorm(c)
        self.mlp, self.layer_norm2 = ClipMlp(c), nn.LayerNorm(c)

    def forward(self, x, mask):
        x = x + self.self_attn(self.layer_norm1(x), mask)
        return x + self.mlp(self.layer_norm2(x))


class ClipText(nn.Module):
    """Text encoder: token ids [b, n] -> context [b, n, width] after the final layer norm.

    `rows` is the number of embedding rows: 49408 in the exported file, the known tokens while training.
    """

    def __init__(self, width=64, layers=3, heads=1, rows=49408, positions=77):
        super().__init__()
        self.embeddings, self.encoder = nn.Module(), nn.Module()
        self.embeddings.token_embedding = nn.Embedding(rows, width)
        self.embeddings.position_embedding = nn.Embedding(positions, width)
        nn.init.normal_(self.embeddings.token_embedding.weight, std=.5)
        nn.init.normal_(self.embeddings.position_embedding.weight, std=.1)
        self.encoder.layers = nn.ModuleList([ClipLayer(width, heads) for _ in range(layers)])
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, ids):
        n = ids.shape[1]
        x = self.embeddings.token_embedding(ids) + self.embeddings.position_embedding.weight[:n]
        mask = torch.full((n, n), -1e9, device=x.device).triu(1)
        for layer in self.encoder.layers:
            x = layer(x, mask)
        return self.final_layer_norm(x)


def count(module):
    """Number of parameters."""
    return sum(p.numel() for p in module.parameters())
