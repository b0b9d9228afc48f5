// Sixteen float32 lanes. The compiler maps them to the registers of each instruction set, so that
// sums are taken in the same order everywhere.
#ifndef FOX_LANES_H
#define FOX_LANES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FOX_LANES 16
typedef float lanes __attribute__((vector_size(64), aligned(4)));

#define FOX_INLINE static inline __attribute__((always_inline))

// Vectors are passed by address: by value they would change the calling convention of the baseline.
#define LANES_AT(address) (*(lanes *)(address))
#define LANES_FROM(address) (*(const lanes *)(address))

// The sum of the lanes, in pairs: 8 + 8, 4 + 4, 2 + 2, 1 + 1.
FOX_INLINE float lanes_sum(const lanes *a) {
    typedef float eight __attribute__((vector_size(32), aligned(4)));
    typedef float four __attribute__((vector_size(16), aligned(4)));
    const float *part = (const float *)a;
    eight halves = *(const eight *)part + *(const eight *)(part + 8);
    part = (const float *)&halves;
    four quarters = *(const four *)part + *(const four *)(part + 4);
    return (quarters[0] + quarters[2]) + (quarters[1] + quarters[3]);
}

// exp(x) to about 1 unit in the last place; 0 below -87.3 and infinity above 88.7 (the range of
// normal float32 numbers), NaN for NaN. After Cody and Waite: x = n ln 2 + r with |r| <= ln 2 / 2,
// and exp(r) by its Taylor polynomial of degree 7.
FOX_INLINE float fox_expf(float x) {
    const float rounder = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    float clamped = x < -87.3f ? -87.3f : (x > 88.7f ? 88.7f : x);
    float n = (clamped * 1.44269504088896341f + rounder) - rounder;
    float r = clamped - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    float p = 1.9841270e-4f;
    p = p * r + 1.3888889e-3f;
    p = p * r + 8.3333333e-3f;
    p = p * r + 4.1666667e-2f;
    p = p * r + 1.6666667e-1f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    // NaN is carried by `p`; its exponent is taken as 0, since converting NaN is undefined.
    int32_t exponent = (int32_t)(n == n ? n : 0.0f);
    // 2^n in two halves: n may be 128, for which one float32 factor is too small.
    int32_t half = exponent >> 1;
    uint32_t low_bits = (uint32_t)(half + 127) << 23;
    uint32_t high_bits = (uint32_t)(exponent - half + 127) << 23;
    float low, high;
    memcpy(&low, &low_bits, sizeof low);
    memcpy(&high, &high_bits, sizeof high);
    float value = p * low * high;
    value = x < -87.3f ? 0.0f : value;
    return x > 88.7f ? INFINITY : value;
}

#endif
