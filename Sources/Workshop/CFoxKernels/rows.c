#include "CFoxKernels.h"
#include "clones.h"
#include "lanes.h"

// The greatest element; NaNs are passed over, and show in the sum that follows.
FOX_INLINE float maximum(const float *x, size_t count) {
    float lane[FOX_LANES];
    for (int j = 0; j < FOX_LANES; j++) lane[j] = -INFINITY;
    size_t i = 0;
    for (; i + FOX_LANES <= count; i += FOX_LANES) {
        for (int j = 0; j < FOX_LANES; j++) lane[j] = x[i + j] > lane[j] ? x[i + j] : lane[j];
    }
    float best = -INFINITY;
    for (; i < count; i++) best = x[i] > best ? x[i] : best;
    for (int j = 0; j < FOX_LANES; j++) best = lane[j] > best ? lane[j] : best;
    return best;
}

// Sum of exp(x - shift); writes the terms to `terms` unless it is NULL. In blocks: the many small terms of a
// vocabulary, each added to one large sum, would all be rounded to the same side.
FOX_INLINE float sum_of_exp(const float *x, float shift, float *terms, size_t count) {
    lanes sum = {0};
    size_t i = 0;
    while (i + FOX_LANES <= count) {
        lanes block = {0};
        size_t left = (count - i) / FOX_LANES * FOX_LANES;
        size_t end = i + (left < 64 * FOX_LANES ? left : 64 * FOX_LANES);
        for (; i < end; i += FOX_LANES) {
            float term[FOX_LANES];
            for (int j = 0; j < FOX_LANES; j++) term[j] = fox_expf(x[i + j] - shift);
            if (terms) memcpy(terms + i, term, sizeof term);
            block += LANES_FROM(term);
        }
        sum += block;
    }
    float rest = 0;
    for (; i < count; i++) {
        float term = fox_expf(x[i] - shift);
        if (terms) terms[i] = term;
        rest += term;
    }
    return lanes_sum(&sum) + rest;
}

FOX_CLONES
void fox_softmax_row(const float *from, float *to, size_t count) {
    float scale = 1.0f / sum_of_exp(from, maximum(from, count), to, count);
    for (size_t i = 0; i < count; i++) to[i] *= scale;
}

FOX_CLONES
float fox_log_softmax_row(const float *from, float *to, size_t count) {
    float shift = maximum(from, count);
    float log_sum = logf(sum_of_exp(from, shift, NULL, count));
    for (size_t i = 0; i < count; i++) to[i] = from[i] - shift - log_sum;
    return shift + log_sum;
}

FOX_CLONES
float fox_cross_entropy_row(float *logits, size_t label, float scale, size_t count) {
    float shift = maximum(logits, count), chosen = logits[label];
    float sum = sum_of_exp(logits, shift, logits, count);
    float share = scale / sum;
    for (size_t i = 0; i < count; i++) logits[i] *= share;
    logits[label] -= scale;
    return logf(sum) + shift - chosen;
}

// 0.5 x (1 + tanh(u)) with u = sqrt(2/pi) (x + 0.044715 x^3) is x times the logistic of 2u.
FOX_INLINE float gelu_tanh(float x) {
    float u = 0.7978845608028654f * (x + 0.044715f * x * x * x);
    return x / (1.0f + fox_expf(-2.0f * u));
}

// By way of a small array: `to` may be `from`, and without it the loop would not be vectorised.
FOX_CLONES
void fox_gelu_tanh(const float *from, float *to, size_t count) {
    size_t i = 0;
    for (; i + FOX_LANES <= count; i += FOX_LANES) {
        float part[FOX_LANES];
        for (int j = 0; j < FOX_LANES; j++) part[j] = gelu_tanh(from[i + j]);
        memcpy(to + i, part, sizeof part);
    }
    for (; i < count; i++) to[i] = gelu_tanh(from[i]);
}

FOX_CLONES
void fox_layer_norm_row(const float *from, const float *weight, const float *bias, float epsilon,
                        float *to, float *stats, size_t count) {
    lanes sum = {0}, squares = {0};
    float rest = 0;
    size_t whole = count - count % FOX_LANES;
    for (size_t i = 0; i < whole; i += FOX_LANES) sum += LANES_FROM(from + i);
    for (size_t i = whole; i < count; i++) rest += from[i];
    float mean = (lanes_sum(&sum) + rest) / (float)count;
    rest = 0;
    for (size_t i = 0; i < whole; i += FOX_LANES) {
        lanes d = LANES_FROM(from + i) - mean;
        squares += d * d;
    }
    for (size_t i = whole; i < count; i++) rest += (from[i] - mean) * (from[i] - mean);
    float variance = (lanes_sum(&squares) + rest) / (float)count;
    // A variance beyond float32 must not turn into numbers that look sound.
    float scale = variance < INFINITY ? 1.0f / sqrtf(variance + epsilon) : NAN;
    for (size_t i = 0; i < count; i++) to[i] = (from[i] - mean) * scale * weight[i] + bias[i];
    if (stats) {
        stats[0] = mean;
        stats[1] = scale;
    }
}

FOX_CLONES
void fox_add(const float *restrict from, float *restrict to, size_t count) {
    for (size_t i = 0; i < count; i++) to[i] += from[i];
}

FOX_CLONES
size_t fox_first_above(const float *x, float offset, float threshold, size_t count) {
    enum { block = 8 * FOX_LANES };
    size_t i = 0;
    for (; i + block <= count; i += block) {
        int found = 0;
        for (int j = 0; j < block; j++) found |= !(x[i + j] + offset <= threshold);
        if (found) break;
    }
    while (i < count && x[i] + offset <= threshold) i++;
    return i;
}

FOX_CLONES
size_t fox_argmax(const float *x, size_t count) {
    enum { block = 4 * FOX_LANES };
    float greatest = maximum(x, count);
    size_t i = 0;
    for (; i + block <= count; i += block) {
        int found = 0;
        for (int j = 0; j < block; j++) found |= x[i + j] == greatest;
        if (found) break;
    }
    while (i < count && x[i] != greatest) i++;
    return i < count ? i : 0;
}

unsigned fox_processor_features(void) {
    unsigned features = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2")) features |= FOX_SSE42;
    if (__builtin_cpu_supports("avx")) features |= FOX_AVX;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) features |= FOX_AVX2;
    if (__builtin_cpu_supports("fma4") && __builtin_cpu_supports("xop")) features |= FOX_FMA4;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        features |= FOX_AVX512;
    if (__builtin_cpu_supports("avx512bf16")) features |= FOX_AVX512_BF16;
#endif
    return features;
}
