/* Kernels for training on the CPU, one thread each; see fused.py. First: GroupNorm (+ SiLU), NCHW float32 in,
   bfloat16 out. mean and rstd [n * groups] are kept for the backward pass. */
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t to_bf16(float f) {
  uint32_t u;
  memcpy(&u, &f, 4);
  u += 0x7fff + ((u >> 16) & 1);
  return (uint16_t)(u >> 16);
}
static inline float from_bf16(uint16_t h) {
  uint32_t u = (uint32_t)h << 16;
  float f;
  memcpy(&f, &u, 4);
  return f;
}

void gn_forward(const float *x, const float *gamma, const float *beta, uint16_t *y, float *mean, float *rstd,
                int64_t n, int64_t c, int64_t hw, int64_t groups, float eps, int silu) {
  int64_t per = c / groups, m = per * hw;
  for (int64_t i = 0; i < n * groups; i++) {
    const float *p = x + i * m;
    float s = 0;
    for (int64_t k = 0; k < m; k++) s += p[k];
    float mu = s / m, q = 0;
    for (int64_t k = 0; k < m; k++) { float d = p[k] - mu; q += d * d; }
    float r = 1 / sqrtf(q / m + eps);
    mean[i] = mu; rstd[i] = r;
    for (int64_t j = 0; j < per; j++) {
      int64_t ch = (i % groups) * per + j;
      float a = gamma[ch] * r, b = beta[ch] - mu * a;
      const float *px = p + j * hw;
      uint16_t *py = y + i * m + j * hw;
      if (silu)
        for (int64_t k = 0; k < hw; k++) { float t = a * px[k] + b; py[k] = to_bf16(t / (1 + expf(-t))); }
      else
        for (int64_t k = 0; k < hw; k++) py[k] = to_bf16(a * px[k] + b);
    }
  }
}

void gn_backward(const uint16_t *dy, const float *x, const float *gamma, const float *beta, const float *mean,
                 const float *rstd, float *dx, float *dgamma, float *dbeta,
                 int64_t n, int64_t c, int64_t hw, int64_t groups, int silu) {
  int64_t per = c / groups, m = per * hw;
  for (int64_t i = 0; i < n * groups; i++) {
    float mu = mean[i], r = rstd[i], s1 = 0, s2 = 0;
    for (int64_t j = 0; j < per; j++) {
      int64_t ch = (i % groups) * per + j, o = i * m + j * hw;
      float a = gamma[ch] * r, b = beta[ch] - mu * a, p = 0, q = 0;
      const float *px = x + o;
      const uint16_t *pd = dy + o;
      float *pw = dx + o;
      if (silu)
        for (int64_t k = 0; k < hw; k++) {
          float t = a * px[k] + b, s = 1 / (1 + expf(-t));
          float d = from_bf16(pd[k]) * s * (1 + t * (1 - s));
          pw[k] = d; p += d; q += d * px[k];
        }
      else
        for (int64_t k = 0; k < hw; k++) {
          float d = from_bf16(pd[k]);
          pw[k] = d; p += d; q += d * px[k];
        }
      q = (q - mu * p) * r;
      dbeta[ch] += p; dgamma[ch] += q;
      s1 += gamma[ch] * p; s2 += gamma[ch] * q;
    }
    float u = s1 / m, v = s2 / m * r;
    for (int64_t j = 0; j < per; j++) {
      int64_t ch = (i % groups) * per + j, o = i * m + j * hw;
      float g = gamma[ch] * r, w = -r * v, z = -r * u - w * mu;
      const float *px = x + o;
      float *pw = dx + o;
      for (int64_t k = 0; k < hw; k++) pw[k] = g * pw[k] + w * px[k] + z;
    }
  }
}

/* Row softmax, bfloat16 in and out. */
void softmax_forward(const uint16_t *s, uint16_t *p, int64_t rows, int64_t cols) {
  float b[4096];
  for (int64_t i = 0; i < rows; i++) {
    const uint16_t *x = s + i * cols;
    uint16_t *y = p + i * cols;
    float m = -INFINITY, t = 0;
    for (int64_t k = 0; k < cols; k++) { b[k] = from_bf16(x[k]); m = b[k] > m ? b[k] : m; }
    for (int64_t k = 0; k < cols; k++) { b[k] = expf(b[k] - m); t += b[k]; }
    float r = 1 / t;
    for (int64_t k = 0; k < cols; k++) y[k] = to_bf16(b[k] * r);
  }
}

void softmax_backward(const uint16_t *dp, const uint16_t *p, uint16_t *ds, int64_t rows, int64_t cols) {
  for (int64_t i = 0; i < rows; i++) {
    const uint16_t *a = dp + i * cols, *b = p + i * cols;
    uint16_t *o = ds + i * cols;
    float t = 0;
    for (int64_t k = 0; k < cols; k++) t += from_bf16(a[k]) * from_bf16(b[k]);
    for (int64_t k = 0; k < cols; k++) o[k] = to_bf16(from_bf16(b[k]) * (from_bf16(a[k]) - t));
  }
}

/* GEGLU: x [rows, 2c] bfloat16 -> x[:, :c] * gelu(x[:, c:]) bfloat16. */
void geglu_forward(const uint16_t *x, uint16_t *y, int64_t rows, int64_t c) {
  for (int64_t i = 0; i < rows; i++) {
    const uint16_t *a = x + 2 * i * c, *g = a + c;
    uint16_t *o = y + i * c;
    for (int64_t k = 0; k < c; k++) {
      float v = from_bf16(g[k]);
      o[k] = to_bf16(from_bf16(a[k]) * v * .5f * (1 + erff(v * .70710678f)));
    }
  }
}

void geglu_backward(const uint16_t *dy, const uint16_t *x, uint16_t *dx, int64_t rows, int64_t c) {
  for (int64_t i = 0; i < rows; i++) {
    const uint16_t *a = x + 2 * i * c, *g = a + c, *d = dy + i * c;
    uint16_t *oa = dx + 2 * i * c, *og = oa + c;
    for (int64_t k = 0; k < c; k++) {
      float v = from_bf16(g[k]), u = from_bf16(d[k]), q = .5f * (1 + erff(v * .70710678f));
      oa[k] = to_bf16(u * v * q);
      og[k] = to_bf16(u * from_bf16(a[k]) * (q + v * .39894228f * expf(-.5f * v * v)));
    }
  }
}
