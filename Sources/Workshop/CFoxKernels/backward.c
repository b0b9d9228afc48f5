// Rows of the backward passes, and of the forward passes that only training and BERT have.
#include "CFoxKernels.h"
#include "clones.h"
#include "lanes.h"

// x s(2u) with s the logistic function and u = sqrt(2/pi) (x + 0.044715 x^3), differentiated:
// s + x s (1 - s) 2u'.
FOX_INLINE float gelu_tanh_slope(float x) {
    const float k = 0.7978845608028654f;
    float u = k * (x + 0.044715f * x * x * x);
    float s = 1.0f / (1.0f + fox_expf(-2.0f * u));
    float slope = 2.0f * k * (1.0f + 0.134145f * x * x);
    // Where s (1 - s) is 0 the slope may be infinite, and only there.
    float bend = s * (1.0f - s);
    return s + (bend > 0.0f ? x * bend * slope : 0.0f * x);
}

FOX_CLONES
void fox_gelu_tanh_backward(const float *x, const float *dy, float *dx, size_t count) {
    size_t i = 0;
    for (; i + FOX_LANES <= count; i += FOX_LANES) {
        float part[FOX_LANES];
        for (int j = 0; j < FOX_LANES; j++) part[j] = dy[i + j] * gelu_tanh_slope(x[i + j]);
        memcpy(dx + i, part, sizeof part);
    }
    for (; i < count; i++) dx[i] = dy[i] * gelu_tanh_slope(x[i]);
}

// erf(x) to about 1e-7: x + x P(x^2) up to 1, 1 - exp(-Q(|x|)) beyond, both polynomials fitted to
// the function (greatest error of the fits 1.2e-9 and 2.1e-11).
FOX_INLINE float fox_erff(float x) {
    float a = fabsf(x), s = x * x;
    float near = 7.88912147982046e-05f;
    near = near * s - 0.0008020841632969677f;
    near = near * s + 0.005189535208046436f;
    near = near * s - 0.026854444295167923f;
    near = near * s + 0.11283600330352783f;
    near = near * s - 0.3761262595653534f;
    near = near * s + 0.12837916612625122f;
    near = near * x + x;
    float t = a < 4.0f ? a : 4.0f;
    float far = 2.16868120332947e-05f;
    far = far * t - 0.0004413359274622053f;
    far = far * t + 0.004204559605568647f;
    far = far * t - 0.0252082496881485f;
    far = far * t + 0.10841856896877289f;
    far = far * t + 0.6332198977470398f;
    far = far * t + 1.1295784711837769f;
    far = far * t - 0.0001880389463622123f;
    far = copysignf(1.0f - fox_expf(-far), x);
    // NaN fails the comparison and is carried by x itself.
    float value = a <= 1.0f ? near : far;
    return x == x ? value : x;
}

FOX_INLINE float gelu_erf(float x) { return 0.5f * x * (1.0f + fox_erff(x * 0.70710678118654752f)); }

FOX_CLONES
void fox_gelu_erf(const float *from, float *to, size_t count) {
    size_t i = 0;
    for (; i + FOX_LANES <= count; i += FOX_LANES) {
        float part[FOX_LANES];
        for (int j = 0; j < FOX_LANES; j++) part[j] = gelu_erf(from[i + j]);
        memcpy(to + i, part, sizeof part);
    }
    for (; i < count; i++) to[i] = gelu_erf(from[i]);
}

// The distribution function of the normal distribution, plus x times its density.
FOX_INLINE float gelu_erf_slope(float x) {
    float s = 0.5f * (1.0f + fox_erff(x * 0.70710678118654752f));
    float a = fabsf(x) < 20.0f ? x : 20.0f;
    return s + x * 0.39894228040143268f * fox_expf(-0.5f * a * a);
}

FOX_CLONES
void fox_gelu_erf_backward(const float *x, const float *dy, float *dx, size_t count) {
    size_t i = 0;
    for (; i + FOX_LANES <= count; i += FOX_LANES) {
        float part[FOX_LANES];
        for (int j = 0; j < FOX_LANES; j++) part[j] = dy[i + j] * gelu_erf_slope(x[i + j]);
        memcpy(dx + i, part, sizeof part);
    }
    for (; i < count; i++) dx[i] = dy[i] * gelu_erf_slope(x[i]);
}

FOX_CLONES
void fox_softmax_backward_row(const float *p, const float *dp, float scale, float *ds,
                              size_t count) {
    lanes sum = {0};
    float rest = 0;
    size_t whole = count - count % FOX_LANES;
    for (size_t i = 0; i < whole; i += FOX_LANES) sum += LANES_FROM(p + i) * LANES_FROM(dp + i);
    for (size_t i = whole; i < count; i++) rest += p[i] * dp[i];
    float mean = lanes_sum(&sum) + rest;
    for (size_t i = 0; i < count; i++) ds[i] = scale * p[i] * (dp[i] - mean);
}

FOX_CLONES
void fox_layer_norm_backward_row(const float *restrict x, const float *restrict dy,
                                 const float *restrict weight, float mean, float scale,
                                 float *restrict dx, size_t count) {
    lanes sum = {0}, product = {0};
    float rest = 0, rest_product = 0;
    size_t whole = count - count % FOX_LANES;
    for (size_t i = 0; i < whole; i += FOX_LANES) {
        lanes g = LANES_FROM(dy + i) * LANES_FROM(weight + i);
        sum += g;
        product += g * ((LANES_FROM(x + i) - mean) * scale);
    }
    for (size_t i = whole; i < count; i++) {
        float g = dy[i] * weight[i];
        rest += g;
        rest_product += g * ((x[i] - mean) * scale);
    }
    float a = (lanes_sum(&sum) + rest) / (float)count;
    float b = (lanes_sum(&product) + rest_product) / (float)count;
    for (size_t i = 0; i < count; i++) {
        dx[i] += scale * (dy[i] * weight[i] - a - (x[i] - mean) * scale * b);
    }
}

FOX_CLONES
void fox_layer_norm_backward_columns(const float *x, const float *dy, const float *stats,
                                     size_t rows, size_t stride, size_t first, size_t last,
                                     float *restrict weight, float *restrict bias) {
    for (size_t row = 0; row < rows; row++) {
        const float *xs = x + row * stride, *dys = dy + row * stride;
        float mean = stats[2 * row], scale = stats[2 * row + 1];
        for (size_t i = first; i < last; i++) {
            weight[i] += dys[i] * ((xs[i] - mean) * scale);
            bias[i] += dys[i];
        }
    }
}

FOX_CLONES
void fox_add_columns(const float *restrict from, size_t rows, size_t stride, size_t first,
                     size_t last, float *restrict to) {
    for (size_t row = 0; row < rows; row++) {
        const float *part = from + row * stride;
        for (size_t i = first; i < last; i++) to[i] += part[i];
    }
}

FOX_CLONES
void fox_keep(const float *from, const uint8_t *kept, float scale, float *to, size_t count) {
    for (size_t i = 0; i < count; i++) to[i] = from[i] * ((float)kept[i] * scale);
}

FOX_CLONES
void fox_add_kept(const float *restrict sum, const float *restrict from,
                  const uint8_t *restrict kept, float scale, float *restrict to, size_t count) {
    for (size_t i = 0; i < count; i++) to[i] = sum[i] + from[i] * ((float)kept[i] * scale);
}
