"""Measure the exported checkpoint and draw the contact sheets.

  python3 evaluate.py --model palimpsest-tiny.safetensors --bpe bpe_simple_vocab_16e6.txt.gz --out run --to run
Writes eval.json, preview.png and preview-*.png. Subjects are recognised by a small classifier, which is trained first
and kept in run/classifier.pt. --quick looks at a handful of pictures only, to see whether everything runs.
"""
import argparse
import json
import os
import random
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image, ImageDraw

import stickers
from models import count
from pipeline import Pipeline

HELD_OUT = 50_000_000  # seeds never used in training


# ---------------------------------------------------------------- classifier of subjects
class Classifier(nn.Module):
    """64x64 pixels -> scores of the subjects."""

    def __init__(self, classes):
        super().__init__()
        layers, i = [], 3
        for o in (24, 48, 96, 128):
            layers += [nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2)]
            i = o
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(.1), nn.Linear(i * 2, classes))

    def forward(self, x):
        h = self.body(x)
        return self.head(torch.cat([h.mean((2, 3)), h.amax((2, 3))], 1))


def single(seed):
    """One subject on a random scene; returns 64x64 pixels and the class."""
    rng = random.Random(f"single/{seed}")
    kind, detail = stickers.pick_scene(rng)
    name = stickers.NAMES[seed % len(stickers.NAMES)]
    size = rng.randrange(80, 201, 6)
    m = size // 2
    s = [name, rng.randint(m - 8, 264 - m), rng.randint(m - 8, 264 - m), size, rng.choice([0, 0, 0, -10, -5, 5, 10])]
    pixels, _ = stickers.render(seed, {"scene": kind, "detail": detail, "subjects": [s], "relation": None})
    return np.asarray(Image.fromarray(pixels).resize((64, 64), Image.BOX)), stickers.NAMES.index(name)


def to_input(images):
    """Pictures as the classifier takes them."""
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1


def classifier(out, pictures=7200, epochs=7):
    """The classifier, trained unless `out` has it, and its accuracy on 960 held-out renders."""
    path = os.path.join(out, "classifier.pt")
    net = Classifier(len(stickers.NAMES))
    test = [single(HELD_OUT + i) for i in range(960)]
    xt, yt = to_input([t[0] for t in test]), torch.tensor([t[1] for t in test])
    if os.path.exists(path):
        net.load_state_dict(torch.load(path))
    else:
        torch.manual_seed(3)
        data = [single(20_000_000 + i) for i in range(pictures)]
        x, y = to_input([d[0] for d in data]), torch.tensor([d[1] for d in data])
        opt = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-2)
        steps = epochs * (pictures // 64)
        plan = torch.optim.lr_scheduler.OneCycleLR(opt, 3e-3, total_steps=steps)
        for e in range(epochs):
            for idx in torch.randperm(pictures)[:pictures // 64 * 64].view(-1, 64):
                b = x[idx]
                if random.random() < .5:  # blur and noise, so that soft samples are judged fairly
                    b = F.interpolate(F.avg_pool2d(b, 2), scale_factor=2, mode="bilinear")
                b = b + torch.randn_like(b) * .08 * random.random()
                loss = F.cross_entropy(net(b), y[idx], label_smoothing=.05)
                opt.zero_grad()
                loss.backward()
                opt.step()
                plan.step()
            print("classifier epoch", e, float(loss), flush=True)
        torch.save(net.state_dict(), path)
    net.eval()
    with torch.no_grad():
        r = torch.cat([net(b) for b in xt.split(64)])
    return net, float((r.argmax(1) == yt).float().mean())


def judge(net, images):
    """Indices of the subjects, the likeliest first, for each picture."""
    small = [np.asarray(Image.fromarray(i).resize((64, 64), Image.BOX)) for i in images]
    with torch.no_grad():
        return net(to_input(small)).argsort(1, descending=True)


# ---------------------------------------------------------------- measurements
def psnr(a, b):
    """Peak signal-to-noise ratio of 8-bit pictures, dB."""
    return 10 * np.log10(255 ** 2 / np.mean((a.astype(np.float64) - b) ** 2))


def vae_quality(pipe, n):
    """How well pictures survive the autoencoder; also the pictures and what became of them."""
    images, boxes = [], []
    for i in range(n):
        p, r = stickers.render(HELD_OUT + 5000 + i)
        images.append(p)
        boxes.append(r["boxes"])
    z = pipe.encode(images)
    out = pipe.decode(z)
    subject = []
    for a, b, bs in zip(images, out, boxes):
        for x0, y0, x1, y1 in bs:
            s = np.s_[max(0, y0):y1, max(0, x0):x1]
            if a[s].size:
                subject.append(psnr(a[s], b[s]))
    return {"pictures": n, "psnr_mean": float(np.mean([psnr(a, b) for a, b in zip(images, out)])),
            "psnr_pooled": float(psnr(np.stack(images), np.stack(out))),
            "psnr_in_subject_boxes": float(np.mean(subject)),
            "latent_mean": z.mean((0, 2, 3)).tolist(), "latent_std": z.std((0, 2, 3)).tolist()}, images, out


def nearest_colour(image):
    """The name of the colour that the edges of a picture come closest to."""
    edges = image[:10], image[-10:], image[:, :10], image[:, -10:]
    c = np.median(np.concatenate([e.reshape(-1, 3) for e in edges]), 0)
    return min(stickers.COLOURS, key=lambda k: np.sum((c - stickers.COLOURS[k]) ** 2))


def prompts_with_colours(repeat):
    """Every subject `repeat` times, each time on another colour: (subject, colour, prompt)."""
    colours = list(stickers.COLOURS)
    out = []
    for k in range(repeat):
        for i, n in enumerate(stickers.NAMES):
            c = colours[(i * 3 + k * 5) % len(colours)]
            out.append((n, c, f"{stickers.article(n)} on {stickers.article(c)} background"))
    return out


def prompt_accuracy(pipe, net, sampler, todo, repeat, batch=8, cfg=5., seed=100):
    """How often the classifier sees the subject that the prompt asked for; also the pictures and the classifier's order."""
    images = []
    start = time.time()
    for i in range(0, len(todo), batch):
        images += list(pipe.txt2img([t[2] for t in todo[i:i + batch]], 20, seed=seed + i, sampler=sampler, cfg=cfg))
    spent = (time.time() - start) / len(todo)
    order = judge(net, images)
    want = torch.tensor([stickers.NAMES.index(t[0]) for t in todo])
    top1 = order[:, 0] == want
    top3 = (order[:, :3] == want[:, None]).any(1)
    colour = np.mean([nearest_colour(i) == t[1] for i, t in zip(images, todo)])
    per = {n: [int(top1[i::len(stickers.NAMES)].sum()), repeat] for i, n in enumerate(stickers.NAMES)}
    return {"sampler": sampler, "steps": 20, "cfg": cfg, "samples": len(todo), "top1": float(top1.float().mean()),
            "top3": float(top3.float().mean()), "background_colour": float(colour), "seconds_per_image_batched": spent,
            "per_subject_top1": per}, images, order


# ---------------------------------------------------------------- sheets
def labelled(images, labels, columns, width=160):
    """A contact sheet with a line of text above each picture."""
    font_h = 14
    cells = []
    for im, text in zip(images, labels):
        cell = Image.new("RGB", (width, width + font_h), "white")
        cell.paste(Image.fromarray(im).resize((width, width), Image.LANCZOS), (0, font_h))
        ImageDraw.Draw(cell).text((2, 1), text[:30], fill="black")
        cells.append(np.asarray(cell))
    return stickers.sheet(cells, columns)


def mask_box(x0, y0, x1, y1):
    """A mask that is 1 inside the box."""
    m = np.zeros((256, 256), np.float32)
    m[y0:y1, x0:x1] = 1
    return m


def picture(number, scene, detail, *subjects):
    """A held-out picture of our own composition; subjects as [name, centre x, centre y, size, angle]."""
    return stickers.render(HELD_OUT + number, {"scene": scene, "detail": detail, "subjects": list(subjects), "relation": None})[0]


FREE_PROMPTS = [
    "a cat face and a cherry blossom on grass, blue sky", "cat face, red background", "a vase in front of room, window",
    "a horse on road, city street", "a car on the left and a horse on the right, grass, blue sky",
    "a dog face wearing a hat, beach", "a panda wearing a crown, yellow background",
    "a cat face with a cherry blossom on its head, blue background", "a victory hand, sunset",
    "a big pizza, wooden floor", "a small rocket on the left, night sky, stars", "sofa, room, window",
    "a snowman and a tree, snow", "a boat, sea", "masterpiece, best quality, a rose, brick wall", "",
    "beach", "night sky, stars", "a penguin at the top, white background", "a fox on a gray background, highly detailed"]


def img2img_jobs():
    """(source, prompt) of the sheet that shows denoising strengths."""
    return [(picture(1, "grass", [], ["car", 128, 170, 140, 0]), "a horse on grass, blue sky"),
            (picture(2, "solid", ["blue"], ["cat face", 128, 136, 150, 0]), "a panda on a blue background"),
            (picture(3, "room", [], ["sofa", 128, 190, 130, 0]), "a gift, room, window")]


def inpaint_jobs():
    """(source, region, prompt, strength, masked content, subject to appear; None: the subject is to vanish)"""
    return [(picture(4, "road", [], ["car", 128, 176, 130, 0]), (48, 112, 208, 240),
             "a horse on road, city street", .9, "noise", "horse"),
            (picture(5, "grass", [], ["tree", 66, 130, 110, 0]), (136, 96, 240, 208),
             "a rabbit on grass, blue sky", 1., "noise", "rabbit"),
            (picture(6, "solid", ["pink"], ["cat face", 128, 160, 140, 0]), (72, 16, 184, 104),
             "a cat face wearing a hat, pink background", 1., "noise", "hat"),
            (picture(7, "solid", ["green"], ["dog face", 128, 160, 140, 0]), (64, 72, 144, 136),
             "a dog face with a cherry blossom on its head, green background", .9, "noise", "cherry blossom"),
            (picture(8, "beach", [], ["boat", 80, 120, 100, 0]), (144, 120, 240, 232), "a star on beach", 1., "noise", "star"),
            (picture(9, "room", [], ["vase", 128, 160, 110, 0]), (64, 96, 192, 224),
             "room, window, wooden floor", 1., "fill", None),
            (picture(10, "grass", [], ["mushroom", 128, 170, 110, 0]), (64, 104, 192, 240), "grass, blue sky", 1., "fill", None),
            (picture(11, "solid", ["yellow"], ["balloon", 90, 120, 100, 0], ["apple", 190, 140, 80, 0]), (36, 60, 148, 184),
             "apple on the right, yellow background", .9, "fill", None)]


def img2img_sheet(pipe, jobs):
    """Each source, and what three denoising strengths make of it."""
    images, labels = [], []
    for source, prompt in jobs:
        images.append(source)
        labels.append("source")
        for strength in (.3, .6, .9):
            images.append(pipe.img2img([source], [prompt], strength, seed=7)[0])
            labels.append(f"{strength}: {prompt}")
    return labelled(images, labels, 4, 200)


def outlined(image, box):
    """The picture with the edge of a region drawn in."""
    x0, y0, x1, y1 = box
    edge = np.zeros(image.shape[:2], bool)
    edge[y0:y1, x0:x1] = True
    edge[y0 + 2:y1 - 2, x0 + 2:x1 - 2] = False
    out = image.copy()
    out[edge] = (255, 0, 255)
    return out


def sees(net, image, box, subject):
    """Whether the classifier has the subject among its first three for what is inside the box."""
    x0, y0, x1, y1 = box
    inside = image[y0:y1, x0:x1]
    crop = Image.fromarray(inside).resize((64, 64), Image.BOX)
    canvas = Image.new("RGB", (64, 64), tuple(int(c) for c in np.median(inside.reshape(-1, 3), 0)))
    canvas.paste(crop.resize((48, 48)), (8, 8))
    return stickers.NAMES.index(subject) in judge(net, [np.asarray(canvas)])[0][:3].tolist()


def inpaint_sheet(pipe, net, jobs):
    """Each region repainted with three seeds, and for every subject that was to appear whether it did."""
    images, labels, hits = [], [], []
    for source, box, prompt, strength, fill, subject in jobs:
        images.append(outlined(source, box))
        labels.append("region")
        for seed in (7, 8, 9):
            result = pipe.img2img([source], [prompt], strength, seed=seed, mask=mask_box(*box), fill=fill)[0]
            images.append(result)
            labels.append(prompt)
            if subject:
                hits.append(sees(net, result, box, subject))
    return labelled(images, labels, 8, 160), hits


def prompt_sheet(images, todo, order):
    """The first picture of each subject; (!) where the classifier sees another one."""
    n = len(stickers.NAMES)
    labels = [f"{t[0]}, {t[1]}" + ("" if stickers.NAMES[o[0]] == t[0] else " (!)") for t, o in zip(todo, order)]
    return labelled(images[:n], labels[:n], 8)


def main(args):
    """All measurements, all sheets."""
    begun = time.time()
    torch.set_num_threads(args.threads)
    os.makedirs(args.to, exist_ok=True)
    few = 2 if args.quick else None  # None: all of them
    save = lambda a, name: Image.fromarray(a).save(os.path.join(args.to, name), optimize=True)
    pipe = Pipeline(args.model, args.bpe)
    report = {"file_bytes": os.path.getsize(args.model), "training": json.loads(pipe.meta["palimpsest.training"]),
              "parameters": {"unet": count(pipe.unet), "text": count(pipe.text), "vae": count(pipe.vae)}}
    report["vae"], originals, decoded = vae_quality(pipe, 4 if args.quick else 64)
    pairs = [x for pair in zip(originals[:16], decoded[:16]) for x in pair]
    save(labelled(pairs, ["original", "decoded"] * 16, 8), "preview-vae.png")
    print(report["vae"], flush=True)
    net, report["classifier_accuracy"] = classifier(args.out, *((640, 1) if args.quick else ()))
    print("classifier", report["classifier_accuracy"], flush=True)
    report["prompts"] = []
    for sampler, repeat in (("euler_a", args.repeat), ("dpmpp_2m", 1)):
        todo = prompts_with_colours(repeat)[:few]
        numbers, images, order = prompt_accuracy(pipe, net, sampler, todo, repeat)
        report["prompts"].append(numbers)
        print({k: v for k, v in numbers.items() if k != "per_subject_top1"}, flush=True)
        save(prompt_sheet(images, todo, order), f"preview-{sampler}.png")
    free = FREE_PROMPTS[:few]
    images = [image for i in range(0, len(free), 10) for image in pipe.txt2img(free[i:i + 10], 20, seed=500 + 2 * i)]
    save(labelled(images, free, 5, 200), "preview.png")
    save(img2img_sheet(pipe, img2img_jobs()[:few]), "preview-img2img.png")
    sheet, hits = inpaint_sheet(pipe, net, inpaint_jobs()[:few])
    save(sheet, "preview-inpaint.png")
    report["inpaint_subject_in_top3_of_crop"] = [sum(hits), len(hits)]
    start = time.time()
    pipe.txt2img(["a cat face on a red background"], 20, seed=1)
    report["seconds_per_20_step_image"] = time.time() - start
    report["seconds_of_evaluation"] = time.time() - begun
    report["threads"] = args.threads
    with open(os.path.join(args.to, "eval.json"), "w") as f:
        json.dump(report, f, indent=1)
    print({k: report[k] for k in ("classifier_accuracy", "inpaint_subject_in_top3_of_crop", "seconds_of_evaluation")})


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--model", default="palimpsest-tiny.safetensors")
    p.add_argument("--bpe", required=True)
    p.add_argument("--out", default="run", help="where the classifier is kept")
    p.add_argument("--to", default=".", help="where the results are written")
    p.add_argument("--repeat", type=int, default=2, help="pictures of each subject with Euler a")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--quick", action="store_true")
    main(p.parse_args())
