// Products of weights in eight bits (Kernels/Int8Weight.swift). Sums of integers are exact, so that
// every way below gives the same numbers, to the last bit.
//
// Weights lie in blocks of 16 outputs, one after the other: of four inputs, the four levels of each
// output, 64 bytes in all, then those of the next four. Whoever walks through a block reads memory
// from one end to the other, and needs no sum across a register.

#include "CFoxKernels.h"
#include "clones.h"
#include "lanes.h"

#define ROW_GROUP 6     // rows whose sums are in registers at a time
#define LEVELS 127      // steps from zero to the greatest number
#define BLOCK 64        // levels of four inputs and FOX_LANES outputs
#define AHEAD 1536      // bytes of weights that are fetched ahead
#define SMALLEST 1e-30f // what is smaller counts as 0: one over it must be finite

// The step between two levels of numbers whose greatest has these bits; 0 for no levels.
FOX_INLINE float step_of(uint32_t greatest, float *per_step) {
    float value;
    memcpy(&value, &greatest, sizeof value);
    *per_step = 0;
    if (greatest >= 0x7F800000u) return NAN;  // infinite or NaN: so is everything that comes of it
    if (value < SMALLEST) return 0;
    *per_step = LEVELS / value;
    return value / LEVELS;
}

FOX_INLINE uint32_t size_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7FFFFFFFu;  // of numbers without sign, the greater one has the greater bits
}

// To nearest, ties to even: adding 1.5 * 2^23 leaves the integer in the lowest bits.
FOX_INLINE int8_t level_of(float x, float per_step) {
    float scaled = x * per_step;
    float rounded = scaled + 12582912.0f;
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    return (int8_t)(uint8_t)bits;
}

FOX_CLONES
float fox_int8_round(const float *restrict x, size_t count, int8_t *restrict levels, size_t padded,
                     int32_t *total) {
    uint32_t greatest = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = size_bits(x[i]);
        greatest = bits > greatest ? bits : greatest;
    }
    float per_step, step = step_of(greatest, &per_step);
    memset(levels, 0, padded);
    *total = 0;
    if (per_step == 0) return step;
    for (size_t i = 0; i < count; i++) levels[i] = level_of(x[i], per_step);
    int32_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += levels[i];
    *total = sum;
    return step;
}

// One block whose outputs lie next to each other.
FOX_INLINE void pack_columns(const float *w, size_t inputs, size_t stride, size_t outputs,
                             int8_t *levels, float *steps) {
    uint32_t greatest[FOX_LANES] = {0};
    float per_step[FOX_LANES];
    for (size_t k = 0; k < inputs; k++) {
        for (size_t j = 0; j < outputs; j++) {
            uint32_t bits = size_bits(w[k * stride + j]);
            greatest[j] = bits > greatest[j] ? bits : greatest[j];
        }
    }
    for (size_t j = 0; j < outputs; j++) steps[j] = step_of(greatest[j], &per_step[j]);
    // Four levels at a time, as one word for each output.
    for (size_t k = 0; k < inputs; k += 4) {
        uint32_t words[FOX_LANES] = {0};
        for (size_t i = 0; i < 4 && k + i < inputs; i++) {
            const float *row = w + (k + i) * stride;
            for (size_t j = 0; j < outputs; j++)
                words[j] |= (uint32_t)(uint8_t)level_of(row[j], per_step[j]) << (8 * i);
        }
        memcpy(levels + k / 4 * BLOCK, words, outputs * sizeof *words);
    }
}

// One block whose inputs lie next to each other.
FOX_INLINE void pack_rows(const float *w, size_t inputs, size_t stride, size_t outputs,
                          int8_t *levels, float *steps) {
    for (size_t j = 0; j < outputs; j++) {
        const float *row = w + j * stride;
        uint32_t greatest = 0;
        for (size_t k = 0; k < inputs; k++) {
            uint32_t bits = size_bits(row[k]);
            greatest = bits > greatest ? bits : greatest;
        }
        float per_step;
        steps[j] = step_of(greatest, &per_step);
        if (per_step == 0) continue;
        for (size_t k = 0; k < inputs; k++)
            levels[k / 4 * BLOCK + 4 * j + k % 4] = level_of(row[k], per_step);
    }
}

FOX_CLONES
void fox_int8_pack(const float *w, size_t inputs, size_t outputs, size_t stride, int transposed,
                   size_t first, size_t last, int8_t *levels, float *steps) {
    const size_t size = (inputs + 3) / 4 * BLOCK;
    for (size_t block = first; block < last; block++) {
        size_t j = block * FOX_LANES;
        size_t count = outputs - j < FOX_LANES ? outputs - j : FOX_LANES;
        int8_t *to = levels + block * size;
        memset(to, 0, size);
        if (transposed) pack_rows(w + j * stride, inputs, stride, count, to, steps + j);
        else if (count == FOX_LANES) pack_columns(w + j, inputs, stride, FOX_LANES, to, steps + j);
        else pack_columns(w + j, inputs, stride, count, to, steps + j);
    }
}

// What a block of weights gives for rows of levels that are `stride` apart: sums[row][output].
typedef void block_sums(const int8_t *x, size_t stride, size_t rows, const int32_t *totals,
                        size_t groups, const int8_t *w, int32_t sums[][FOX_LANES]);

static void portable(const int8_t *x, size_t stride, size_t rows, const int32_t *totals,
                     size_t groups, const int8_t *w, int32_t sums[][FOX_LANES]) {
    (void)totals;
    for (size_t r = 0; r < rows; r++) {
        int32_t sum[FOX_LANES] = {0};
        for (size_t g = 0; g < groups; g++) {
            const int8_t *value = x + r * stride + 4 * g, *weight = w + g * BLOCK;
            for (size_t j = 0; j < FOX_LANES; j++)
                for (size_t i = 0; i < 4; i++) sum[j] += value[i] * weight[4 * j + i];
        }
        memcpy(sums[r], sum, sizeof sum);
    }
}

// Constant row counts let the compiler keep all sums in registers.
#define FOR_EACH_COUNT(name)                                                                      \
    switch (rows) {                                                                               \
    case 1: name(x, stride, 1, totals, groups, w, sums); break;                                   \
    case 2: name(x, stride, 2, totals, groups, w, sums); break;                                   \
    case 3: name(x, stride, 3, totals, groups, w, sums); break;                                   \
    case 4: name(x, stride, 4, totals, groups, w, sums); break;                                   \
    case 5: name(x, stride, 5, totals, groups, w, sums); break;                                   \
    default: name(x, stride, 6, totals, groups, w, sums); break;                                  \
    }

FOX_INLINE int32_t four(const int8_t *x) {
    int32_t word;
    memcpy(&word, x, sizeof word);
    return word;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX_VNNI __attribute__((target("avx2,avxvnni")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

// maddubs takes one factor without sign: |w|, and the sign of w is given to x. Two products of at
// most 127 * 127 fit its 16 bits.
AVX2 FOX_INLINE void avx2_rows(const int8_t *x, size_t stride, size_t rows, const int32_t *totals,
                               size_t groups, const int8_t *w, int32_t sums[][FOX_LANES]) {
    (void)totals;
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sum[ROW_GROUP][2];
    for (size_t r = 0; r < rows; r++) sum[r][0] = sum[r][1] = _mm256_setzero_si256();
    for (size_t g = 0; g < groups; g++) {
        const int8_t *weights = w + g * BLOCK;
        __builtin_prefetch(weights + AHEAD);
        for (int v = 0; v < 2; v++) {
            __m256i weight = _mm256_loadu_si256((const __m256i *)(weights + 32 * v));
            __m256i size = _mm256_abs_epi8(weight);
            for (size_t r = 0; r < rows; r++) {
                __m256i value = _mm256_set1_epi32(four(x + r * stride + 4 * g));
                __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(value, weight));
                sum[r][v] = _mm256_add_epi32(sum[r][v], _mm256_madd_epi16(pairs, ones));
            }
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (int v = 0; v < 2; v++) _mm256_storeu_si256((__m256i *)(sums[r] + 8 * v), sum[r][v]);
}

AVX2 static void avx2(const int8_t *x, size_t stride, size_t rows, const int32_t *totals,
                      size_t groups, const int8_t *w, int32_t sums[][FOX_LANES]) {
    FOR_EACH_COUNT(avx2_rows)
}

// VNNI, too, takes one factor without sign: w + 128, so that 128 times the sum of x is too much.
AVX_VNNI FOX_INLINE void avx_vnni_rows(const int8_t *x, size_t stride, size_t rows,
                                       const int32_t *totals, size_t groups, const int8_t *w,
                                       int32_t sums[][FOX_LANES]) {
    const __m256i flip = _mm256_set1_epi8((char)0x80);
    __m256i sum[ROW_GROUP][2];
    for (size_t r = 0; r < rows; r++) sum[r][0] = sum[r][1] = _mm256_set1_epi32(-128 * totals[r]);
    for (size_t g = 0; g < groups; g++) {
        const int8_t *weights = w + g * BLOCK;
        __builtin_prefetch(weights + AHEAD);
        __m256i weight[2];
        for (int v = 0; v < 2; v++)
            weight[v] = _mm256_xor_si256(
                _mm256_loadu_si256((const __m256i *)(weights + 32 * v)), flip);
        for (size_t r = 0; r < rows; r++) {
            __m256i value = _mm256_set1_epi32(four(x + r * stride + 4 * g));
            for (int v = 0; v < 2; v++)
                sum[r][v] = _mm256_dpbusd_avx_epi32(sum[r][v], weight[v], value);
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (int v = 0; v < 2; v++) _mm256_storeu_si256((__m256i *)(sums[r] + 8 * v), sum[r][v]);
}

AVX_VNNI static void avx_vnni(const int8_t *x, size_t stride, size_t rows, const int32_t *totals,
                              size_t groups, const int8_t *w, int32_t sums[][FOX_LANES]) {
    FOR_EACH_COUNT(avx_vnni_rows)
}

// The same with 64 bytes at a time. Even and odd groups have sums of their own, which do not wait
// for each other.
AVX512 FOX_INLINE void avx512_rows(const int8_t *x, size_t stride, size_t rows,
                                   const int32_t *totals, size_t groups, const int8_t *w,
                                   int32_t sums[][FOX_LANES]) {
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    __m512i sum[ROW_GROUP][2];
    for (size_t r = 0; r < rows; r++) {
        sum[r][0] = _mm512_set1_epi32(-128 * totals[r]);
        sum[r][1] = _mm512_setzero_si512();
    }
    size_t g = 0;
    for (; g + 2 <= groups; g += 2) {
        for (int u = 0; u < 2; u++) {
            const int8_t *weights = w + (g + (size_t)u) * BLOCK;
            __builtin_prefetch(weights + AHEAD);
            __m512i weight = _mm512_xor_si512(_mm512_loadu_si512(weights), flip);
            for (size_t r = 0; r < rows; r++) {
                __m512i value = _mm512_set1_epi32(four(x + r * stride + 4 * (g + (size_t)u)));
                sum[r][u] = _mm512_dpbusd_epi32(sum[r][u], weight, value);
            }
        }
    }
    if (g < groups) {
        __m512i weight = _mm512_xor_si512(_mm512_loadu_si512(w + g * BLOCK), flip);
        for (size_t r = 0; r < rows; r++) {
            __m512i value = _mm512_set1_epi32(four(x + r * stride + 4 * g));
            sum[r][0] = _mm512_dpbusd_epi32(sum[r][0], weight, value);
        }
    }
    for (size_t r = 0; r < rows; r++)
        _mm512_storeu_si512(sums[r], _mm512_add_epi32(sum[r][0], sum[r][1]));
}

AVX512 static void avx512(const int8_t *x, size_t stride, size_t rows, const int32_t *totals,
                          size_t groups, const int8_t *w, int32_t sums[][FOX_LANES]) {
    FOR_EACH_COUNT(avx512_rows)
}
#endif

#if defined(__aarch64__) && defined(__linux__)
#include <arm_neon.h>
#include <sys/auxv.h>

#define DOT __attribute__((target("arch=armv8.2-a+dotprod")))

DOT FOX_INLINE void dot_rows(const int8_t *x, size_t stride, size_t rows, const int32_t *totals,
                             size_t groups, const int8_t *w, int32_t sums[][FOX_LANES]) {
    (void)totals;
    int32x4_t sum[ROW_GROUP][4];
    for (size_t r = 0; r < rows; r++)
        for (int v = 0; v < 4; v++) sum[r][v] = vdupq_n_s32(0);
    for (size_t g = 0; g < groups; g++) {
        const int8_t *weights = w + g * BLOCK;
        __builtin_prefetch(weights + AHEAD);
        int8x16_t weight[4];
        for (int v = 0; v < 4; v++) weight[v] = vld1q_s8(weights + 16 * v);
        for (size_t r = 0; r < rows; r++) {
            int8x16_t value = vreinterpretq_s8_s32(vdupq_n_s32(four(x + r * stride + 4 * g)));
            for (int v = 0; v < 4; v++) sum[r][v] = vdotq_s32(sum[r][v], weight[v], value);
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (int v = 0; v < 4; v++) vst1q_s32(sums[r] + 4 * v, sum[r][v]);
}

DOT static void dot(const int8_t *x, size_t stride, size_t rows, const int32_t *totals,
                    size_t groups, const int8_t *w, int32_t sums[][FOX_LANES]) {
    FOR_EACH_COUNT(dot_rows)
}
#endif

unsigned fox_int8_ways(void) {
    unsigned ways = 1u << FOX_INT8_PORTABLE;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) ways |= 1u << FOX_INT8_AVX2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("avxvnni"))
        ways |= 1u << FOX_INT8_AVX_VNNI;
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512vnni"))
        ways |= 1u << FOX_INT8_AVX512_VNNI;
#elif defined(__aarch64__) && defined(__linux__)
    if (getauxval(AT_HWCAP) & (1ul << 20)) ways |= 1u << FOX_INT8_DOT;  // HWCAP_ASIMDDP
#endif
    return ways;
}

static block_sums *sums_by(int way) {
    switch (way) {
#if defined(__x86_64__)
    case FOX_INT8_AVX2: return avx2;
    case FOX_INT8_AVX_VNNI: return avx_vnni;
    case FOX_INT8_AVX512_VNNI: return avx512;
#elif defined(__aarch64__) && defined(__linux__)
    case FOX_INT8_DOT: return dot;
#endif
    default: return portable;
    }
}

FOX_CLONES
static void scaled(int32_t sums[][FOX_LANES], size_t rows, size_t outputs, const float *x_steps,
                   const float *w_steps, float *y, size_t stride) {
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < outputs; j++)
            y[r * stride + j] = (float)sums[r][j] * x_steps[r] * w_steps[j];
}

void fox_int8_product(int way, const int8_t *x, const float *x_steps, const int32_t *totals,
                      size_t rows, size_t inputs, const int8_t *w, const float *w_steps,
                      size_t outputs, size_t first, size_t last, float *y, size_t stride) {
    block_sums *block_sums = sums_by(way);
    const size_t groups = (inputs + 3) / 4, parts = (rows + ROW_GROUP - 1) / ROW_GROUP;
    int32_t sums[ROW_GROUP][FOX_LANES];
    for (size_t block = first; block < last; block++) {
        size_t j = block * FOX_LANES, r = 0;
        size_t count = outputs - j < FOX_LANES ? outputs - j : FOX_LANES;
        for (size_t part = 0; part < parts; part++) {
            size_t some = (rows - r + parts - part - 1) / (parts - part);
            block_sums(x + r * groups * 4, groups * 4, some, totals + r, groups,
                       w + block * groups * BLOCK, sums);
            scaled(sums, some, count, x_steps + r, w_steps + j, y + r * stride + j, stride);
            r += some;
        }
    }
}
