"""Procedural "stickers on scenes": deterministic pictures (RGB, 256x256) and their captions.

A picture is a scene (solid colour, gradient, meadow, beach, room, ...) with one to three
emoji glyphs (Noto Color Emoji) pasted on it.  `render(seed)` returns the pixels together
with a small record (scene, subjects, boxes); `caption(record, rng, crop)` writes a prompt in
Stable-Diffusion style for the record as seen through a crop.  Everything depends on the
seeds only.

Needs: numpy, Pillow, the font file NotoColorEmoji.ttf (Debian: fonts-noto-color-emoji).
"""
import functools
import math
import random
import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = 256
FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"

# key -> (glyph, names used in captions; the first one is the canonical name)
SUBJECTS = {
    "cat face": ("\U0001F431", ["cat face", "cat face", "cat", "cute cat"]),
    "dog face": ("\U0001F436", ["dog face", "dog face", "dog", "cute dog"]),
    "fox": ("\U0001F98A", ["fox", "fox face"]),
    "panda": ("\U0001F43C", ["panda", "panda face"]),
    "frog": ("\U0001F438", ["frog", "frog face"]),
    "rabbit": ("\U0001F430", ["rabbit", "rabbit face", "bunny"]),
    "lion": ("\U0001F981", ["lion", "lion face"]),
    "pig": ("\U0001F437", ["pig", "pig face"]),
    "penguin": ("\U0001F427", ["penguin"]),
    "horse": ("\U0001F40E", ["horse"]),
    "butterfly": ("\U0001F98B", ["butterfly"]),
    "fish": ("\U0001F420", ["fish", "tropical fish"]),
    "cherry blossom": ("\U0001F338", ["cherry blossom", "cherry blossom", "sakura", "pink flower"]),
    "rose": ("\U0001F339", ["rose"]),
    "tulip": ("\U0001F337", ["tulip"]),
    "sunflower": ("\U0001F33B", ["sunflower"]),
    "tree": ("\U0001F333", ["tree"]),
    "cactus": ("\U0001F335", ["cactus"]),
    "mushroom": ("\U0001F344", ["mushroom"]),
    "mountain": ("\U0001F3D4", ["mountain", "snowy mountain"]),
    "star": ("\u2B50", ["star", "yellow star"]),
    "sun": ("\u2600", ["sun"]),
    "moon": ("\U0001F319", ["moon", "crescent moon"]),
    "cloud": ("\u2601", ["cloud", "white cloud"]),
    "house": ("\U0001F3E0", ["house"]),
    "sofa": ("\U0001F6CB", ["sofa", "couch"]),
    "vase": ("\U0001F3FA", ["vase", "vase", "amphora"]),
    "car": ("\U0001F697", ["car", "red car"]),
    "boat": ("\u26F5", ["boat", "sailboat"]),
    "rocket": ("\U0001F680", ["rocket"]),
    "airplane": ("\u2708", ["airplane", "plane"]),
    "bicycle": ("\U0001F6B2", ["bicycle", "bike"]),
    "hat": ("\U0001F3A9", ["hat", "hat", "top hat"]),
    "crown": ("\U0001F451", ["crown", "gold crown"]),
    "victory hand": ("\u270C", ["victory hand", "victory hand", "hand", "peace sign"]),
    "umbrella": ("\u2602", ["umbrella"]),
    "balloon": ("\U0001F388", ["balloon", "red balloon"]),
    "heart": ("\u2764", ["heart", "red heart"]),
    "gift": ("\U0001F381", ["gift", "gift box"]),
    "guitar": ("\U0001F3B8", ["guitar"]),
    "snowman": ("\u26C4", ["snowman"]),
    "apple": ("\U0001F34E", ["apple", "red apple"]),
    "banana": ("\U0001F34C", ["banana"]),
    "strawberry": ("\U0001F353", ["strawberry"]),
    "pizza": ("\U0001F355", ["pizza", "slice of pizza"]),
    "cake": ("\U0001F370", ["cake", "slice of cake"]),
    "donut": ("\U0001F369", ["donut"]),
    "hamburger": ("\U0001F354", ["hamburger", "burger"]),
}
NAMES = list(SUBJECTS)
FACES = ["cat face", "dog face", "fox", "panda", "frog", "rabbit", "lion", "pig"]
HEADWEAR = ["hat", "crown", "cherry blossom"]

COLOURS = {
    "red": (214, 48, 49), "orange": (240, 140, 40), "yellow": (247, 215, 75), "green": (64, 160, 78),
    "blue": (58, 110, 210), "purple": (130, 74, 180), "pink": (245, 160, 190), "brown": (128, 84, 54),
    "gray": (140, 144, 150), "black": (28, 28, 32), "white": (245, 245, 245),
}
SCENES = {
    "grass": ["grass, blue sky", "grass and blue sky", "green grass"],
    "beach": ["beach", "beach, sea, blue sky", "sandy beach"],
    "night": ["night sky, stars", "starry night sky", "night sky"],
    "sunset": ["sunset", "sunset sky", "sunset over the sea"],
    "snow": ["snow", "snow field, winter", "winter snow"],
    "brick": ["brick wall", "brick wall background", "red brick wall"],
    "wood": ["wooden floor", "wooden floor, plain wall", "room with wooden floor"],
    "room": ["room, window", "indoor room with a window", "window"],
    "sea": ["sea", "blue sea, blue sky", "ocean"],
    "desert": ["desert", "desert, sand dunes", "sandy desert"],
    "road": ["road", "road, city street", "street"],
    "dots": ["polka dots", "polka dot background", "polka dot pattern"],
}
# Words of common prompts that the model has no row for; seen in training as "no information".
JUNK = ["masterpiece", "best quality", "highly detailed", "8k", "sharp focus", "ultra realistic",
        "trending on artstation", "intricate", "absurdres", "lowres", "bad anatomy", "worst quality",
        "blurry", "jpeg artifacts", "watermark", "signature", "extra fingers", "ugly", "deformed"]


# ---------------------------------------------------------------- glyphs
@functools.lru_cache(maxsize=None)
def glyph(name):
    """The glyph as premultiplied float RGBA, cropped to its ink."""
    font = ImageFont.truetype(FONT, 109)
    image = Image.new("RGBA", (160, 160), (0, 0, 0, 0))
    ImageDraw.Draw(image).text((12, 12), SUBJECTS[name][0], font=font, embedded_color=True)
    return image.crop(image.getbbox())


@functools.lru_cache(maxsize=4096)
def sprite(name, size, angle):
    """Glyph with its longer side `size` pixels, turned by `angle` degrees; premultiplied RGBA."""
    image = glyph(name)
    scale = size / max(image.size)
    w, h = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    a = np.asarray(image, np.float32) / 255
    a[..., :3] *= a[..., 3:]
    planes = [Image.fromarray(a[..., c]).resize((w, h), Image.LANCZOS if scale < 1 else Image.BICUBIC)
              for c in range(4)]
    if angle:
        planes = [p.rotate(angle, Image.BICUBIC, expand=True) for p in planes]
    return np.clip(np.stack([np.asarray(p) for p in planes], -1), 0, 1)


# ---------------------------------------------------------------- scenes
def _jitter(rng, colour, amount=14):
    """A colour near the one given."""
    return np.array([min(255, max(0, c + rng.uniform(-amount, amount))) for c in colour], np.float32)


def _vertical(stops):
    """Vertical gradient through (y, colour) stops."""
    ys = [s[0] for s in stops]
    y = np.arange(SIZE)
    return np.stack([np.interp(y, ys, [s[1][c] for s in stops]) for c in range(3)], -1)[:, None].repeat(SIZE, 1)


def _draw(array):
    """An array as an image, and the pen to draw on it."""
    image = Image.fromarray(np.clip(array, 0, 255).astype(np.uint8))
    return image, ImageDraw.Draw(image)


def _t(colour):
    """A colour as Pillow takes it."""
    return tuple(int(c) for c in colour)


def scene_pixels(kind, detail, rng):
    """Scene as float32 [256,256,3] in 0..255."""
    S = SIZE
    if kind == "solid":
        return np.broadcast_to(_jitter(rng, COLOURS[detail[0]], 12), (S, S, 3)).astype(np.float32).copy()
    if kind == "gradient":
        a, b = (_jitter(rng, COLOURS[c], 8) for c in detail)
        g = _vertical([(0, a), (S - 1, b)])
        return (g if rng.random() < .6 else g.transpose(1, 0, 2)).astype(np.float32)
    h = rng.randint(120, 176)
    sky = [(0, _jitter(rng, (96, 166, 232))), (h, _jitter(rng, (190, 222, 246)))]
    if kind == "grass":
        a = _vertical(sky + [(h + 1, _jitter(rng, (112, 178, 74))), (S - 1, _jitter(rng, (62, 134, 48)))])
        if rng.random() < .5:  # a hill
            image, d = _draw(a)
            x, r = rng.randint(0, S), rng.randint(80, 140)
            d.ellipse((x - r * 1.6, h - r * .35, x + r * 1.6, h + r), fill=_t(_jitter(rng, (100, 168, 70))))
            a = np.asarray(image, np.float32)
        return a
    if kind == "beach":
        s = h + rng.randint(16, 40)
        return _vertical(sky + [(h + 1, _jitter(rng, (40, 130, 190))), (s, _jitter(rng, (84, 182, 206))),
                                (s + 3, _jitter(rng, (244, 226, 178))), (S - 1, _jitter(rng, (226, 196, 136)))])
    if kind == "sea":
        return _vertical(sky + [(h + 1, _jitter(rng, (40, 112, 178))), (S - 1, _jitter(rng, (18, 66, 132)))])
    if kind == "desert":
        image, d = _draw(_vertical([(0, _jitter(rng, (130, 190, 234))), (h, _jitter(rng, (250, 230, 190))),
                                    (h + 1, _jitter(rng, (232, 186, 110))), (S - 1, _jitter(rng, (206, 148, 80)))]))
        x = rng.randint(0, S)
        d.ellipse((x - 170, h - 22, x + 170, h + 120), fill=_t(_jitter(rng, (224, 172, 98))))
        return np.asarray(image, np.float32)
    if kind == "snow":
        return _vertical([(0, _jitter(rng, (168, 196, 222))), (h, _jitter(rng, (222, 232, 242))),
                          (h + 2, _jitter(rng, (250, 252, 255), 4)), (S - 1, _jitter(rng, (226, 236, 248), 6))])
    if kind == "sunset":
        return _vertical([(0, _jitter(rng, (88, 62, 140))), (h * .6, _jitter(rng, (236, 112, 96))),
                          (h, _jitter(rng, (252, 196, 104))), (h + 1, _jitter(rng, (150, 76, 96))),
                          (S - 1, _jitter(rng, (54, 38, 86)))])
    if kind == "night":
        image, d = _draw(_vertical([(0, _jitter(rng, (10, 12, 40), 8)), (S - 1, _jitter(rng, (40, 46, 100), 12))]))
        for _ in range(rng.randint(14, 26)):
            x, y, r = rng.randint(0, S), rng.randint(0, S), rng.choice([1.5, 2, 2.5, 3])
            d.ellipse((x - r, y - r, x + r, y + r), fill=(255, 250, 220))
        return np.asarray(image.filter(ImageFilter.GaussianBlur(.6)), np.float32)
    if kind == "brick":
        image, d = _draw(np.broadcast_to(_jitter(rng, (206, 196, 184)), (S, S, 3)))
        base, bw, bh = (172, 82, 62), 64, 32
        ox, oy = rng.choice([0, 16, 32, 48]), rng.choice([0, 8, 16, 24])
        for row in range(-1, S // bh + 2):
            for col in range(-2, S // bw + 2):
                x, y = col * bw + (row % 2) * bw // 2 - ox, row * bh - oy
                d.rectangle((x + 2, y + 2, x + bw - 2, y + bh - 2), fill=_t(_jitter(rng, base, 10)))
        return np.asarray(image.filter(ImageFilter.GaussianBlur(.5)), np.float32)
    if kind in ("wood", "room"):
        wall = _jitter(rng, rng.choice([(236, 226, 206), (206, 220, 214), (224, 206, 200)]), 8)
        h = rng.randint(168, 200)
        image, d = _draw(np.broadcast_to(wall, (S, S, 3)))
        d.rectangle((0, h, S, S), fill=_t(_jitter(rng, (176, 120, 72), 10)))
        for i, y in enumerate(range(h, S, 22)):
            d.line((0, y, S, y), fill=(120, 78, 44), width=3)
            x = (i * 90 + rng.randint(0, 60)) % S
            d.line((x, y, x, y + 22), fill=(120, 78, 44), width=3)
        if kind == "room":
            w, t = rng.randint(84, 120), rng.randint(20, 40)
            x = rng.choice([rng.randint(12, 40), rng.randint(S - 40 - w, S - 12 - w)])
            b = t + rng.randint(84, 112)
            d.rectangle((x - 6, t - 6, x + w + 6, b + 6), fill=(250, 250, 250))
            d.rectangle((x, t, x + w, b), fill=_t(_jitter(rng, (150, 206, 244))))
            d.line((x + w // 2, t, x + w // 2, b), fill=(250, 250, 250), width=6)
            d.line((x, (t + b) // 2, x + w, (t + b) // 2), fill=(250, 250, 250), width=6)
        return np.asarray(image.filter(ImageFilter.GaussianBlur(.5)), np.float32)
    if kind == "road":
        image, d = _draw(_vertical(sky + [(h + 1, _jitter(rng, (104, 106, 112))), (S - 1, _jitter(rng, (74, 76, 82)))]))
        x = -rng.randint(0, 40)
        while x < S:  # a skyline
            w = rng.randint(30, 52)
            d.rectangle((x, h - rng.randint(28, 84), x + w, h), fill=_t(_jitter(rng, (150, 156, 172), 18)))
            x += w
        y = h + rng.randint(34, 50)
        for x in range(-rng.randint(0, 50), S, 56):
            d.rectangle((x, y, x + 32, y + 7), fill=(240, 236, 220))
        return np.asarray(image.filter(ImageFilter.GaussianBlur(.5)), np.float32)
    if kind == "dots":
        a, b = rng.sample([c for c in COLOURS if c != "black"], 2)
        image, d = _draw(np.broadcast_to(_jitter(rng, COLOURS[a], 8), (S, S, 3)))
        ox, oy = rng.randint(0, 47), rng.randint(0, 47)
        for row in range(-1, 7):
            for col in range(-1, 7):
                x, y = col * 48 + (row % 2) * 24 + ox, row * 48 + oy
                d.ellipse((x - 10, y - 10, x + 10, y + 10), fill=COLOURS[b])
        return np.asarray(image.filter(ImageFilter.GaussianBlur(.5)), np.float32)
    raise ValueError(kind)


# ---------------------------------------------------------------- pictures
def paste(canvas, name, cx, cy, size, angle):
    """Paste a glyph centred on (cx, cy); returns its box x0, y0, x1, y1."""
    s = sprite(name, size, angle)
    h, w = s.shape[:2]
    x0, y0 = round(cx - w / 2), round(cy - h / 2)
    a, b = max(0, y0), min(SIZE, y0 + h)
    c, d = max(0, x0), min(SIZE, x0 + w)
    if a < b and c < d:
        part = s[a - y0:b - y0, c - x0:d - x0]
        canvas[a:b, c:d] = canvas[a:b, c:d] * (1 - part[..., 3:]) + part[..., :3] * 255
    return [x0, y0, x0 + w, y0 + h]


def pick_scene(rng):
    """A kind of scene and the colours it is made of."""
    r = rng.random()
    if r < .40:
        return "solid", [rng.choice(list(COLOURS))]
    if r < .48:
        return "gradient", rng.sample(list(COLOURS), 2)
    return rng.choice(list(SCENES)), []


def plan(rng):
    """The layout of one picture: scene, subjects with place, size and angle."""
    kind, detail = pick_scene(rng)
    r = rng.random()
    subjects, relation = [], None
    turn = lambda: rng.choice([0, 0, 0, -10, -5, 5, 10])
    if r < .03:
        pass  # scene only
    elif r < .60:  # one subject
        size = rng.randrange(80, 201, 6)
        m = size // 2
        if rng.random() < .45:
            cx, cy = 128 + rng.randint(-20, 20), 128 + rng.randint(-20, 20)
        else:
            cx, cy = rng.randint(m - 8, SIZE - m + 8), rng.randint(m - 8, SIZE - m + 8)
        subjects.append([rng.choice(NAMES), cx, cy, size, turn()])
    elif r < .68:  # a face wearing something on its head
        size = rng.randrange(104, 153, 6)
        face, top = rng.choice(FACES), rng.choice(HEADWEAR)
        cx, cy = rng.randint(84, 172), rng.randint(150, 186)
        subjects.append([face, cx, cy, size, 0])
        dx = rng.choice([0, -.22, .22]) * size if top == "cherry blossom" else 0
        ts = round(size * (.42 if top == "cherry blossom" else .56) / 6) * 6
        subjects.append([top, cx + dx, cy - size * (.44 if top == "cherry blossom" else .62), ts, turn()])
        relation = "on head"
    else:
        n = 2 if r < .92 else 3
        wide = rng.random() < .7
        names = rng.sample(NAMES, n)
        for i, name in enumerate(names):
            size = rng.randrange(74, 123 if n == 2 else 93, 6)
            p = round((i + .5) * SIZE / n) + rng.randint(-8, 8)
            q = rng.randint(size // 2, SIZE - size // 2)
            if rng.random() < .5:
                q = 128 + rng.randint(-24, 24)
            subjects.append([name, p, q, size, turn()] if wide else [name, q, p, size, turn()])
    return {"scene": kind, "detail": detail, "subjects": subjects, "relation": relation}


def render(seed, layout=None):
    """Picture for a seed: uint8 [256,256,3] and its record."""
    rng = random.Random(seed)
    record = dict(layout or plan(rng))
    canvas = scene_pixels(record["scene"], record["detail"], rng).astype(np.float32)
    record["boxes"] = [paste(canvas, *s) for s in record["subjects"]]
    return np.clip(canvas + .5, 0, 255).astype(np.uint8), record


# ---------------------------------------------------------------- captions
def article(name):
    """The name with "a" or "an" before it."""
    return ("an " if name[0] in "aeiou" else "a ") + name


def scene_phrase(record, rng):
    """Words for the scene of a picture."""
    kind, detail = record["scene"], record["detail"]
    if kind == "solid":
        return rng.choice(["{} background", "{} background", "{} background", "plain {} background"]).format(detail[0])
    if kind == "gradient":
        return "{} and {} gradient background".format(*detail)
    return rng.choice(SCENES[kind])


def visible_share(box, crop):
    """How much of a box, 0..1, a crop shows."""
    x0, y0, x1, y1 = box
    w = max(0, min(x1, crop[2]) - max(x0, crop[0]))
    h = max(0, min(y1, crop[3]) - max(y0, crop[1]))
    return w * h / max(1, (x1 - x0) * (y1 - y0))


def caption(record, rng, crop=(0, 0, SIZE, SIZE)):
    """A prompt for the record as seen through the crop (pixels x0, y0, x1, y1)."""
    if rng.random() < .11:
        if rng.random() < .3:
            return ", ".join(rng.sample(JUNK, rng.randint(1, 5)))
        return ""
    cw, ch = crop[2] - crop[0], crop[3] - crop[1]
    seen = [(s, b) for s, b in zip(record["subjects"], record["boxes"]) if visible_share(b, crop) > .5]
    scene = scene_phrase(record, rng) if rng.random() < .88 else None
    phrases = []
    styled = rng.random() < .6  # with articles
    name = lambda key: (article if styled else str)(rng.choice(SUBJECTS[key][1]))
    if record["relation"] == "on head" and len(seen) == 2:
        face, top = name(seen[0][0][0]), name(seen[1][0][0])
        if seen[1][0][0] == "cherry blossom":
            phrases.append(rng.choice([f"{face} with {top} on its head", f"{face}, {top} on its head"]))
        else:
            phrases.append(rng.choice([f"{face} wearing {top}", f"{face} with {top} on its head"]))
    else:
        for s, b in seen:
            text = name(s[0])
            big, small = s[3] >= 150, s[3] <= 86
            if (big or small) and rng.random() < .3:
                word = "big" if big else "small"
                bare = text.split(" ", 1)[1] if styled else text
                text = f"a {word} {bare}" if styled else f"{word} {bare}"
            cx = ((b[0] + b[2]) / 2 - crop[0]) / cw - .5
            cy = ((b[1] + b[3]) / 2 - crop[1]) / ch - .5
            if max(abs(cx), abs(cy)) > .13 and rng.random() < .5:
                side = ("left" if cx < 0 else "right") if abs(cx) > abs(cy) else ("top" if cy < 0 else "bottom")
                text += rng.choice([" on the {}", " on the {}", " at the {}"]).format(side)
            phrases.append(text)
        rng.shuffle(phrases)
        if phrases and rng.random() < .07:
            phrases.pop()
        if len(phrases) == 2 and rng.random() < .4:
            phrases = [" and ".join(phrases)]
    if scene and phrases and rng.random() < .45:
        joined = ", ".join(phrases)
        where = article(scene) if "background" in scene and "," not in scene else scene
        text = f"{joined} on {where}" if rng.random() < .7 else f"{joined} in front of {where}"
    else:
        parts = phrases + ([scene] if scene else [])
        if rng.random() < .4:
            rng.shuffle(parts)
        text = ", ".join(parts)
    if rng.random() < .12:
        extra = ", ".join(rng.sample(JUNK, rng.randint(1, 4)))
        text = rng.choice([f"{text}, {extra}", f"{extra}, {text}"])
    if text and rng.random() < .05:
        text = rng.choice(["sticker, ", "emoji, ", "a picture of "]) + text
    return text


def vocabulary():
    """What the model knows, for the file's metadata."""
    return {
        "subjects": NAMES,
        "synonyms": {k: sorted(set(v[1]) - {k}) for k, v in SUBJECTS.items() if set(v[1]) - {k}},
        "colours": list(COLOURS),
        "scenes": {k: v[0] for k, v in SCENES.items()},
        "scene_templates": ["<colour> background", "<colour> and <colour> gradient background"],
        "positions": ["left", "right", "top", "bottom"],
        "sizes": ["big", "small"],
        "relations": ["<face> wearing a hat", "<face> wearing a crown", "<face> with a cherry blossom on its head"],
        "faces": FACES,
    }


def words():
    """Every piece of text that `caption` can produce apart from JUNK (for the list of known tokens)."""
    out = ["sticker, emoji, a picture of", "a an the on at in front of and with on its head wearing big small plain "
           "left right top bottom background gradient , and"]
    for _, names in SUBJECTS.values():
        out += names
    out += list(COLOURS)
    for v in SCENES.values():
        out += v
    return out


def sheet(images, columns=8, gap=4):
    """Pictures of one size side by side, row by row."""
    h, w = images[0].shape[:2]
    rows = math.ceil(len(images) / columns)
    out = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, 3), 255, np.uint8)
    for i, im in enumerate(images):
        y, x = i // columns * (h + gap), i % columns * (w + gap)
        out[y:y + h, x:x + w] = im
    return out


if __name__ == "__main__":
    Image.fromarray(sheet([render(i)[0] for i in range(48)])).save(sys.argv[1] if len(sys.argv) > 1 else "stickers.png")
    for i in range(24):
        print(caption(render(i)[1], random.Random(i)))
