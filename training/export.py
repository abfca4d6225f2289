"""Write palimpsest-tiny.safetensors (SD1.x names, fp16) from the training state.

  python3 export.py --out run --to palimpsest-tiny.safetensors
The mean and spread of the latents are folded into quant_conv and post_quant_conv, so that
0.18215 * (encoder mean) has zero mean and unit spread, as Stable Diffusion expects.
"""
import argparse
import json
import os

import torch

import stickers
from models import AUTOENCODER, SCALE
from safetensors_file import save_safetensors


def fold(vae, stats):
    """The autoencoder's weights with the normalisation of latents built into its two 1x1 convolutions."""
    mean, std = torch.tensor(stats["mean"]), torch.tensor(stats["std"])
    gain = 1 / (std * SCALE)
    w, b = vae["quant_conv.weight"].clone(), vae["quant_conv.bias"].clone()
    w[:4] *= gain.view(4, 1, 1, 1)
    b[:4] = (b[:4] - mean) * gain
    b[4:] += 2 * gain.log()
    p, q = vae["post_quant_conv.weight"].clone(), vae["post_quant_conv.bias"].clone()
    q += p[:, :, 0, 0] @ mean
    p /= gain.view(1, 4, 1, 1)
    return {**vae, "quant_conv.weight": w, "quant_conv.bias": b, "post_quant_conv.weight": p, "post_quant_conv.bias": q}


def state(out):
    """All tensors of the file, and the two training states they come from."""
    vae = torch.load(os.path.join(out, "vae.pt"), map_location="cpu")
    unet = torch.load(os.path.join(out, "unet.pt"), map_location="cpu")
    stats = json.load(open(os.path.join(out, "latent_stats.json")))
    tensors = {}
    for k, v in unet["ema"].items():
        if k.startswith("unet."):
            tensors["model.diffusion_model." + k[5:]] = v
    for k, v in fold(vae["ema"], stats).items():
        tensors["first_stage_model." + k] = v
    base = "cond_stage_model.transformer.text_model."
    for k, v in unet["ema"].items():
        if not k.startswith("text."):
            continue
        k = k[5:]
        if k == "embeddings.token_embedding.weight":
            table = torch.zeros(49408, v.shape[1])
            table[torch.tensor(unet["ids"][1:])] = v[1:].float()
            v = table
        tensors[base + k] = v
    tensors = {k: v.half() for k, v in sorted(tensors.items())}
    tensors[base + "embeddings.position_ids"] = torch.arange(77).view(1, 77)
    return tensors, unet, vae


def metadata(unet, vae):
    """What the shapes of the tensors cannot tell, and what people may want to know."""
    u, t = unet["unet"], unet["text"]
    return {
        "format": "pt",
        "modelspec.title": "palimpsest-tiny",
        "modelspec.architecture": "stable-diffusion-v1",
        "modelspec.implementation": "sgm",
        "modelspec.resolution": "256x256",
        "modelspec.prediction_type": "epsilon",
        "palimpsest.num_heads": str(u["heads"]),
        "palimpsest.num_head_channels": "-1",
        "palimpsest.text_num_heads": str(t["heads"]),
        "palimpsest.native_width": "256",
        "palimpsest.native_height": "256",
        "palimpsest.scale_factor": str(SCALE),
        "palimpsest.unet": {"model_channels": u["mc"], "channel_mult": u["mult"], "num_res_blocks": u["blocks"],
                            "attention_levels": u["attention"], "context_dim": u["context"], "num_heads": u["heads"]},
        "palimpsest.vae": {"ch": AUTOENCODER["ch"], "ch_mult": AUTOENCODER["mult"], "num_res_blocks": AUTOENCODER["blocks"],
                           "z_channels": 4, "double_z": True},
        "palimpsest.text": {"width": t["width"], "layers": t["layers"], "heads": t["heads"],
                            "intermediate": 4 * t["width"], "activation": "quick_gelu", "pad": 49407},
        "palimpsest.vocabulary": json.dumps(stickers.vocabulary(), ensure_ascii=False),
        "palimpsest.training": {"unet_steps": unet["step"], "vae_steps": vae["step"]},
        "palimpsest.licence": "weights: CC0; pictures rendered with Noto Color Emoji (SIL OFL 1.1)",
    }


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--out", default="run")
    p.add_argument("--to", default="palimpsest-tiny.safetensors")
    args = p.parse_args()
    tensors, unet, vae = state(args.out)
    save_safetensors(args.to, tensors, metadata(unet, vae))
    print(args.to, os.path.getsize(args.to), "bytes,", sum(v.numel() for v in tensors.values()), "values")
