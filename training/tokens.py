"""CLIP's byte-pair encoding, as far as captions in plain English need it."""
import gzip
import html
import re

START, END, LENGTH = 49406, 49407, 77


class Tokenizer:
    """CLIP byte-pair encoding; `path` is the public merges file, gzipped (README: "The merges file")."""

    def __init__(self, path):
        b2u = self._bytes()
        merges = gzip.open(path).read().decode("utf-8").split("\n")[1:49152 - 256 - 2 + 1]
        merges = [tuple(m.split()) for m in merges]
        vocab = list(b2u.values())
        vocab = vocab + [v + "</w>" for v in vocab] + ["".join(m) for m in merges]
        self.ids = {v: i for i, v in enumerate(vocab)}
        self.ranks = {m: i for i, m in enumerate(merges)}
        self.b2u, self.cache = b2u, {}
        self.pattern = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+", re.I)

    @staticmethod
    def _bytes():
        """Byte -> the character that stands for it, in the order of the ids."""
        keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
        out, n = {b: chr(b) for b in keep}, 0
        for b in range(256):
            if b not in out:
                out[b] = chr(256 + n)
                n += 1
        return {b: out[b] for b in keep + [b for b in range(256) if b not in keep]}

    def word(self, text):
        """Ids of one word: the neighbouring pair of lowest rank is merged until there is none."""
        if text in self.cache:
            return self.cache[text]
        parts = [self.b2u[b] for b in text.encode("utf-8")]
        parts[-1] += "</w>"
        while len(parts) > 1:
            pairs = [(self.ranks.get(p, 1 << 30), i) for i, p in enumerate(zip(parts, parts[1:]))]
            rank, _ = min(pairs)
            if rank == 1 << 30:
                break
            first, second = next(p for p in zip(parts, parts[1:]) if self.ranks.get(p) == rank)
            i, out = 0, []
            while i < len(parts):
                if i + 1 < len(parts) and parts[i] == first and parts[i + 1] == second:
                    out.append(first + second)
                    i += 2
                else:
                    out.append(parts[i])
                    i += 1
            parts = out
        self.cache[text] = [self.ids[p] for p in parts]
        return self.cache[text]

    def tokens(self, text):
        """Ids of a text of ASCII letters, without start, end and padding."""
        text = re.sub(r"\s+", " ", html.unescape(text)).strip().lower()
        return [t for w in self.pattern.findall(text) for t in self.word(w)]

    def encode(self, text):
        """77 ids: start, tokens, end, end, ... (SD1 convention)."""
        t = [START] + self.tokens(text)[:LENGTH - 2] + [END]
        return t + [END] * (LENGTH - len(t))
