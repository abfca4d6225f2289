"""Small reference sampler for the exported checkpoint (float32, CPU): txt2img, img2img, masked img2img."""
import json

import numpy as np
import torch
import torch.nn.functional as F

from models import SCALE, Autoencoder, ClipText, UNet
from safetensors_file import load_safetensors
from tokens import Tokenizer


class Pipeline:
    """The networks of an exported file, and sampling with them. Images are uint8 [256, 256, 3], latents are scaled."""

    def __init__(self, path, bpe, device="cpu"):
        tensors, meta = load_safetensors(path)
        self.meta, self.device = meta, device
        u, v, t = (json.loads(meta["palimpsest." + k]) for k in ("unet", "vae", "text"))
        self.unet = UNet(u["model_channels"], u["channel_mult"], u["num_res_blocks"], u["attention_levels"],
                         u["context_dim"], int(meta["palimpsest.num_heads"]))
        self.vae = Autoencoder(v["ch"], v["ch_mult"], v["num_res_blocks"])
        self.text = ClipText(t["width"], t["layers"], int(meta["palimpsest.text_num_heads"]))
        for module, prefix in ((self.unet, "model.diffusion_model."), (self.vae, "first_stage_model."),
                               (self.text, "cond_stage_model.transformer.text_model.")):
            module.load_state_dict({k[len(prefix):]: w.float() for k, w in tensors.items()
                                    if k.startswith(prefix) and not k.endswith("position_ids")})
            module.eval().to(device)
        self.tokenizer = Tokenizer(bpe)
        betas = torch.linspace(.00085 ** .5, .012 ** .5, 1000, dtype=torch.float64) ** 2
        ac = torch.cumprod(1 - betas, 0)
        self.log_sigmas = (((1 - ac) / ac) ** .5).log().float()

    # ---------------- networks
    @torch.no_grad()
    def context(self, prompts):
        """[n, 77, width]"""
        return self.text(torch.tensor([self.tokenizer.encode(p) for p in prompts], device=self.device))

    @torch.no_grad()
    def encode(self, images):
        """Images -> the means of their latents."""
        x = torch.from_numpy(np.stack(images)).to(self.device).permute(0, 3, 1, 2).float() / 127.5 - 1
        return torch.cat([self.vae.moments(x[i:i + 8].contiguous())[:, :4] for i in range(0, len(x), 8)]) * SCALE

    @torch.no_grad()
    def decode(self, z):
        """Latents -> images."""
        y = torch.cat([self.vae.decode(z[i:i + 8] / SCALE) for i in range(0, len(z), 8)])
        return ((y.clamp(-1, 1) + 1) * 127.5 + .5).permute(0, 2, 3, 1).cpu().numpy().astype(np.uint8)

    def sigmas(self, steps):
        """Evenly spaced timesteps from 999 to 0, log-interpolated, then 0."""
        t = torch.linspace(999, 0, steps)
        lo = t.floor().long()
        hi = t.ceil().long()
        w = t - lo
        return torch.cat([((1 - w) * self.log_sigmas[lo] + w * self.log_sigmas[hi]).exp(), torch.zeros(1)])

    def timestep(self, sigma):
        """Sigma -> fractional timestep by interpolation in log sigma."""
        return torch.from_numpy(np.interp(np.log(float(sigma)), self.log_sigmas.numpy(), np.arange(1000))[None]).float()

    @torch.no_grad()
    def denoise(self, x, sigma, cond, uncond, cfg):
        """The estimate of the clean latents, with classifier-free guidance."""
        t = self.timestep(sigma).to(x.device).expand(len(x))
        scaled = x / (sigma ** 2 + 1) ** .5
        if cfg == 1:
            return x - sigma * self.unet(scaled, t, cond)
        e = self.unet(torch.cat([scaled, scaled]), torch.cat([t, t]), torch.cat([cond, uncond]))
        a, b = e.chunk(2)
        return x - sigma * (b + cfg * (a - b))

    # ---------------- sampling
    @torch.no_grad()
    def sample(self, x, sigmas, prompts, negative="", cfg=5., sampler="euler_a", seed=0, mask=None, init=None):
        """mask (1 = repaint) blends the init latents into every denoised estimate, as A1111 does."""
        cond, uncond = self.context(prompts), self.context([negative]).expand(len(prompts), -1, -1)
        gen = torch.Generator().manual_seed(seed + (1 << 32))  # another stream than the starting noise
        old = None
        for i in range(len(sigmas) - 1):
            s, n = sigmas[i], sigmas[i + 1]
            d = self.denoise(x, s, cond, uncond, cfg)
            if mask is not None:
                d = d * mask + init * (1 - mask)
            if sampler == "euler" or n == 0 and sampler == "euler_a":
                x = d if n == 0 else x + (x - d) / s * (n - s)
            elif sampler == "euler_a":
                up = min(n, (n ** 2 * (s ** 2 - n ** 2) / s ** 2) ** .5)
                down = (n ** 2 - up ** 2) ** .5
                x = x + (x - d) / s * (down - s)
                x = x + torch.randn(x.shape, generator=gen).to(x.device) * up
            elif sampler == "dpmpp_2m":
                t0, t1 = -s.log(), (-n.log() if n > 0 else torch.tensor(float("inf")))
                h = t1 - t0
                if old is None or n == 0:
                    e = d
                else:
                    r = (t0 + sigmas[i - 1].log()) / h
                    e = (1 + 1 / (2 * r)) * d - 1 / (2 * r) * old
                x = (n / s) * x - torch.expm1(-h) * e
                old = d
            else:
                raise ValueError(sampler)
        return x

    def noise(self, n, h, w, seed):
        """One standard normal draw per picture, from consecutive seeds."""
        return torch.stack([torch.randn(4, h, w, generator=torch.Generator().manual_seed(seed + i)) for i in range(n)]).to(self.device)

    def txt2img(self, prompts, steps=20, size=(256, 256), seed=0, **kw):
        """Pictures from nothing; `kw` goes to `sample`."""
        s = self.sigmas(steps)
        x = self.noise(len(prompts), size[1] // 8, size[0] // 8, seed) * (s[0] ** 2 + 1) ** .5
        return self.decode(self.sample(x, s, prompts, seed=seed, **kw))

    def img2img(self, images, prompts, strength=.6, steps=20, seed=0, mask=None, fill="original", **kw):
        """mask: [256,256] float, 1 = repaint; fill: original | noise (latent noise) | fill (mean colour around)."""
        images = [i.copy() for i in images]
        source = [i.copy() for i in images]
        if mask is not None and fill == "fill":
            for i in images:
                ring = (F.max_pool2d(torch.from_numpy(mask)[None, None].float(), 31, 1, 15)[0, 0].numpy() > .5) & (mask < .5)
                i[mask > .5] = i[ring].mean(0)
        init = self.encode(images)
        s = self.sigmas(steps)
        k = min(int(strength * steps), steps - 1)
        s = s[steps - k - 1:]
        noise = self.noise(len(images), init.shape[2], init.shape[3], seed)
        m = None
        if mask is not None:
            m = F.interpolate(torch.from_numpy(mask).float()[None, None], init.shape[2:], mode="area").round()
            if fill == "noise":
                init = init * (1 - m) + noise * m
        out = self.decode(self.sample(init + noise * s[0], s, prompts, seed=seed, mask=m, init=init, **kw))
        if mask is not None:
            soft = F.avg_pool2d(torch.from_numpy(mask).float()[None, None], 9, 1, 4)[0, 0, ..., None].numpy()
            out = np.stack([(o * soft + i * (1 - soft) + .5).astype(np.uint8) for o, i in zip(out, source)])
        return out
