"""Reference tensors (float32) for parity tests of other implementations.

  python3 golden.py --model palimpsest-tiny.safetensors --bpe bpe_simple_vocab_16e6.txt.gz --to golden
What the files hold, how they were made and how near one should come: README.md, "Parity tensors".
"""
import argparse
import os

import torch
from PIL import Image

import stickers
from models import SCALE
from pipeline import Pipeline
from safetensors_file import save_safetensors

PROMPTS = ["", "a cat face on a red background", "cherry blossom, grass, blue sky",
           "masterpiece, best quality, a panda wearing a crown, a vase on the left and a car on the right, room, window"]


def main(args):
    """One file per network, and one for five steps of sampling."""
    torch.set_num_threads(args.threads)
    pipe = Pipeline(args.model, args.bpe)
    os.makedirs(args.to, exist_ok=True)
    to = lambda n: os.path.join(args.to, n)
    gen = lambda seed: torch.Generator().manual_seed(seed)
    with torch.no_grad():
        ids = torch.tensor([pipe.tokenizer.encode(p) for p in PROMPTS])
        context = pipe.text(ids)
        hidden = pipe.text.embeddings.token_embedding(ids) + pipe.text.embeddings.position_embedding.weight
        save_safetensors(to("text.safetensors"), {"input_ids": ids, "last_hidden_state": context, "embeddings": hidden},
                         {"prompts": PROMPTS})
        # U-Net
        x = torch.randn(2, 4, 32, 32, generator=gen(11))
        y = torch.randn(1, 4, 24, 40, generator=gen(12))
        out = {"x": x, "x_24x40": y, "context_empty": context[:1], "context_prompt": context[1:2]}
        for t in (37., 801.):
            for name, c in (("empty", context[:1]), ("prompt", context[1:2])):
                out[f"eps_t{int(t)}_{name}"] = pipe.unet(x, torch.full((2,), t), c.expand(2, -1, -1))
        out["eps_24x40_t500.5_prompt"] = pipe.unet(y, torch.full((1,), 500.5), context[1:2])
        save_safetensors(to("unet.safetensors"), out, {"timesteps": "37, 801 for x (both rows); 500.5 for x_24x40"})
        # autoencoder
        image, _ = stickers.render(50_012_345)
        Image.fromarray(image).save(to("image.png"))
        pixels = torch.from_numpy(image.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
        moments = pipe.vae.moments(pixels.contiguous())
        save_safetensors(to("vae.safetensors"), {"pixels": pixels, "moments": moments, "latent_scaled": moments[:, :4] * SCALE,
                                                 "decoded": pipe.vae.decode(moments[:, :4])}, {"scale_factor": str(SCALE)})
        # five Euler steps
        noise = torch.randn(1, 4, 32, 32, generator=gen(13))
        sigmas = pipe.sigmas(5)
        start = noise * (sigmas[0] ** 2 + 1) ** .5
        final = pipe.sample(start, sigmas, PROMPTS[1:2], "", 5., "euler")
        save_safetensors(to("euler5.safetensors"), {"noise": noise, "sigmas": sigmas, "start": start, "final": final},
                         {"prompt": PROMPTS[1], "negative": "", "cfg": "5", "sampler": "euler"})
        Image.fromarray(pipe.decode(final)[0]).save(to("euler5.png"))
    for n in sorted(os.listdir(args.to)):
        print(n, os.path.getsize(to(n)))


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--model", default="palimpsest-tiny.safetensors")
    p.add_argument("--bpe", required=True)
    p.add_argument("--to", default="golden")
    p.add_argument("--threads", type=int, default=2)
    main(p.parse_args())
