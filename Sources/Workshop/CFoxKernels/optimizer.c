#include "CFoxKernels.h"
#include "clones.h"
#include "lanes.h"

// A product followed by a sum is one fused operation where the processor has it, else two, as in
// PyTorch's kernels; what must stay two operations is two statements.
#pragma STDC FP_CONTRACT ON

// sqrtf would set errno for negative numbers, and keep the loop from being vectorised.
#if __has_builtin(__builtin_elementwise_sqrt)
#define ROOT(x) __builtin_elementwise_sqrt(x)
#else
#define ROOT(x) sqrtf(x)
#endif

FOX_CLONES
void fox_adamw_hf(const fox_adamw *s, const float *restrict gradient, float *restrict value,
                  float *restrict m, float *restrict v, size_t count) {
    const fox_adamw k = *s;
    for (size_t i = 0; i < count; i++) {
        float g = gradient[i] * k.gradient_scale;
        float decayed_m = m[i] * k.beta1;
        float decayed_v = v[i] * k.beta2;
        float new_m = g * k.rest1 + decayed_m;
        float scaled = k.rest2 * g;
        float new_v = scaled * g + decayed_v;
        float root = ROOT(new_v);
        float denominator = root + k.epsilon;
        float change = k.step * new_m;
        float quotient = change / denominator;
        float moved = value[i] + quotient;
        m[i] = new_m;
        v[i] = new_v;
        value[i] = moved * k.decay + moved;
    }
}

FOX_CLONES
void fox_adamw_torch(const fox_adamw *s, const float *restrict gradient, float *restrict value,
                     float *restrict m, float *restrict v, size_t count) {
    const fox_adamw k = *s;
    // torch.lerp goes from the nearer end.
    const int near = k.rest1 < 0.5f;
    const float weight = near ? k.rest1 : k.rest1 - 1.0f;
    for (size_t i = 0; i < count; i++) {
        float g = gradient[i] * k.gradient_scale;
        float decayed = value[i] * k.decay;
        float difference = g - m[i];
        float base = near ? m[i] : g;
        float new_m = weight * difference + base;
        float decayed_v = v[i] * k.beta2;
        float scaled = k.rest2 * g;
        float new_v = scaled * g + decayed_v;
        float root = ROOT(new_v);
        float corrected = root / k.root;
        float denominator = corrected + k.epsilon;
        float change = k.step * new_m;
        float quotient = change / denominator;
        m[i] = new_m;
        v[i] = new_v;
        value[i] = decayed + quotient;
    }
}

// Squares of float32 numbers are exact in double precision.
FOX_CLONES
double fox_square_sum(const float *x, size_t count) {
    enum { sums = 32 };
    double sum[sums] = {0};
    size_t i = 0;
    for (; i + sums <= count; i += sums) {
        for (int j = 0; j < sums; j++) sum[j] += (double)x[i + j] * (double)x[i + j];
    }
    double rest = 0;
    for (; i < count; i++) rest += (double)x[i] * (double)x[i];
    for (int width = sums / 2; width > 0; width /= 2) {
        for (int j = 0; j < width; j++) sum[j] += sum[j + width];
    }
    return sum[0] + rest;
}
