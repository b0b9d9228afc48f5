// Every kernel against a plain loop, as one program: what an emulator of another processor can run
// (`BLAS-4`, Tests/Workshop/Kernels/EmulatorTests.swift). Prints a line for each kernel and ends with 1
// when one is off.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CFoxKernels.h"

enum { longest = 1000, rows = 9 };
static const size_t lengths[] = {0, 1, 3, 15, 16, 17, 63, 64, 65, 130, longest};
enum { length_count = sizeof lengths / sizeof *lengths };

static uint32_t seed = 1;
static uint32_t word(void) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    return seed ^= seed << 5;
}
static void fill(float *x, size_t count, float scale) {
    for (size_t i = 0; i < count; i++) x[i] = ((float)(word() >> 8) / 8388608.0f - 1.0f) * scale;
}

static int failures, all_failures;
static double worst;
static void expect(double found, double wanted, double tolerance) {
    double difference = fabs(found - wanted) / fmax(1.0, fabs(wanted));
    if (!(difference <= worst)) worst = difference;
    if (!(difference <= tolerance)) failures++;
}
static void done(const char *name) {
    printf("%-24s greatest difference %.2e%s\n", name, worst, failures ? ", FAILED" : "");
    all_failures += failures;
    worst = failures = 0;
}

static float a[longest * rows], b[longest * rows], c[longest * rows], d[longest * rows];

static double gelu_tanh(double x) {
    return 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
}
static double gelu_erf(double x) { return 0.5 * x * (1 + erf(x / sqrt(2.0))); }
static double slope(double (*f)(double), double x) { return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5; }

// Loops over one row; n is how long.
static void check_rows(size_t n) {
    double sum = 0, greatest = -INFINITY;
    fill(a, n, 8);
    for (size_t i = 0; i < n; i++) greatest = fmax(greatest, a[i]);
    for (size_t i = 0; i < n; i++) sum += exp(a[i] - greatest);
    fox_softmax_row(a, b, n);
    for (size_t i = 0; i < n; i++) expect(b[i], exp(a[i] - greatest) / sum, 1e-6);
    float total = fox_log_softmax_row(a, b, n);
    if (n) expect(total, greatest + log(sum), 2e-6);
    for (size_t i = 0; i < n; i++) expect(b[i], a[i] - greatest - log(sum), 2e-6);
    if (n) {
        memcpy(b, a, sizeof *a * n);
        expect(fox_cross_entropy_row(b, n / 2, 2, n), greatest + log(sum) - a[n / 2], 4e-6);
        for (size_t i = 0; i < n; i++)
            expect(b[i], 2 * (exp(a[i] - greatest) / sum - (i == n / 2)), 2e-6);
        size_t best = 0;
        for (size_t i = 0; i < n; i++) if (a[i] > a[best]) best = i;
        expect((double)fox_argmax(a, n), (double)best, 0);
    }
    size_t first = 0;
    while (first < n && a[first] + 1 <= 7) first++;
    expect((double)fox_first_above(a, 1, 7, n), (double)first, 0);
    double squares = 0;
    for (size_t i = 0; i < n; i++) squares += (double)a[i] * a[i];
    expect(fox_square_sum(a, n), squares, 1e-12);
}

static void check_activations(size_t n) {
    fill(a, n, 5);
    fill(c, n, 1);
    fox_gelu_tanh(a, b, n);
    for (size_t i = 0; i < n; i++) expect(b[i], gelu_tanh(a[i]), 2e-6);
    fox_gelu_erf(a, b, n);
    for (size_t i = 0; i < n; i++) expect(b[i], gelu_erf(a[i]), 2e-6);
    fox_gelu_tanh_backward(a, c, b, n);
    for (size_t i = 0; i < n; i++) expect(b[i], c[i] * slope(gelu_tanh, a[i]), 3e-6);
    fox_gelu_erf_backward(a, c, b, n);
    for (size_t i = 0; i < n; i++) expect(b[i], c[i] * slope(gelu_erf, a[i]), 3e-6);
}

static void check_norms(size_t n) {
    if (n == 0) return;
    float stats[2];
    fill(a, n, 2);
    fill(c, n, 1);
    fill(d, n, 1);
    double mean = 0, variance = 0;
    for (size_t i = 0; i < n; i++) mean += a[i] / (double)n;
    for (size_t i = 0; i < n; i++) variance += (a[i] - mean) * (a[i] - mean) / (double)n;
    fox_layer_norm_row(a, c, d, 1e-2f, b, stats, n);
    double scale = 1 / sqrt(variance + 1e-2);
    expect(stats[0], mean, 1e-6);
    expect(stats[1], scale, 1e-5);
    for (size_t i = 0; i < n; i++) expect(b[i], (a[i] - mean) * scale * c[i] + d[i], 1e-5);
    // dx = scale (g − mean(g) − x̂ mean(g x̂)) with g = dy weight, here dy = d and weight = c.
    double first = 0, second = 0;
    for (size_t i = 0; i < n; i++) {
        first += (double)d[i] * c[i] / (double)n;
        second += (double)d[i] * c[i] * (a[i] - mean) * scale / (double)n;
    }
    memset(b, 0, sizeof *b * n);
    fox_layer_norm_backward_row(a, d, c, stats[0], stats[1], b, n);
    for (size_t i = 0; i < n; i++) {
        double normed = (a[i] - mean) * scale;
        expect(b[i], scale * ((double)d[i] * c[i] - first - normed * second), 3e-5);
    }
}

static void check_sums(size_t n) {
    static uint8_t kept[longest];
    for (size_t i = 0; i < n; i++) kept[i] = (uint8_t)(word() & 1);
    fill(a, n, 1);
    fill(b, n, 1);
    fox_keep(a, kept, 1.25f, c, n);
    for (size_t i = 0; i < n; i++) expect(c[i], a[i] * (kept[i] ? 1.25f : 0), 0);
    fox_add_kept(b, a, kept, 1.25f, c, n);
    for (size_t i = 0; i < n; i++) expect(c[i], b[i] + a[i] * (kept[i] ? 1.25f : 0), 2e-7);
    memcpy(c, b, sizeof *b * n);
    fox_add(a, c, n);
    for (size_t i = 0; i < n; i++) expect(c[i], a[i] + b[i], 0);
    double dot = 0;
    fox_softmax_row(a, c, n);
    for (size_t i = 0; i < n; i++) dot += (double)c[i] * b[i];
    fox_softmax_backward_row(c, b, 0.5f, d, n);
    for (size_t i = 0; i < n; i++) expect(d[i], 0.5 * c[i] * (b[i] - dot), 1e-6);
}

static void check_columns(size_t n) {
    fill(a, n * rows, 1);
    fill(b, n * rows, 1);
    memset(c, 0, sizeof c);
    memset(d, 0, sizeof d);
    float stats[2 * rows];
    fill(stats, 2 * rows, 1);
    fox_add_columns(a, rows, n, 0, n, c);
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t r = 0; r < rows; r++) sum += a[r * n + j];
        expect(c[j], sum, 1e-6);
    }
    memset(c, 0, sizeof c);
    fox_layer_norm_backward_columns(a, b, stats, rows, n, 0, n, c, d);
    for (size_t j = 0; j < n; j++) {
        double weight = 0, bias = 0;
        for (size_t r = 0; r < rows; r++) {
            weight += b[r * n + j] * ((double)a[r * n + j] - stats[2 * r]) * stats[2 * r + 1];
            bias += b[r * n + j];
        }
        expect(c[j], weight, 2e-6);
        expect(d[j], bias, 1e-6);
    }
}

// y = x w, with `count` rows of x, 70 inputs and n outputs.
static void check_products(size_t n) {
    enum { inner = 70 };
    static float x[16 * inner], w[inner * longest], t[inner * longest], y[16 * longest];
    static uint16_t half[inner * longest], half_t[inner * longest];
    fill(w, inner * n, 1);
    for (size_t k = 0; k < inner; k++)
        for (size_t j = 0; j < n; j++) t[j * inner + k] = w[k * n + j];
    fox_f32_to_bf16(w, half, inner * n);
    fox_f32_to_bf16(t, half_t, inner * n);
    for (size_t count = 1; count <= 16; count += 5) {
        fill(x, count * inner, 1);
        for (int way = 0; way < 4; way++) {
            memset(y, 0, sizeof y);
            if (way == 0) fox_skinny_by_columns(x, count, inner, w, n, 0, n, y, n);
            if (way == 1) fox_skinny_by_rows(x, count, inner, t, 0, n, y, n);
            if (way == 2) fox_skinny_bf16_by_columns(x, count, inner, half, n, 0, n, y, n);
            if (way == 3) fox_skinny_bf16_by_rows(x, count, inner, half_t, 0, n, y, n);
            for (size_t r = 0; r < count; r++)
                for (size_t j = 0; j < n; j++) {
                    double sum = 0;
                    for (size_t k = 0; k < inner; k++) {
                        float weight = w[k * n + j];
                        if (way > 1) fox_bf16_to_f32(half + k * n + j, &weight, 1);
                        sum += (double)x[r * inner + k] * weight;
                    }
                    expect(y[r * n + j], sum, 4e-6);
                }
        }
    }
}

static void check_slots(size_t n) {
    int32_t slots[rows];
    float scores[rows];
    fill(a, n * rows, 1);
    fill(b, n, 1);
    for (int i = 0; i < rows; i++) slots[i] = (i * 4) % rows;
    fox_slot_scores(b, a, n, slots, rows, n, 0.25f, scores);
    for (int i = 0; i < rows; i++) {
        double sum = 0;
        for (size_t k = 0; k < n; k++) sum += (double)b[k] * a[(size_t)slots[i] * n + k];
        expect(scores[i], 0.25 * sum, 3e-6);
    }
    fox_slot_sum(a, n, slots, scores, rows, n, c);
    for (size_t k = 0; k < n; k++) {
        double sum = 0;
        for (int i = 0; i < rows; i++) sum += (double)scores[i] * a[(size_t)slots[i] * n + k];
        expect(c[k], sum, 3e-6);
    }
}

static void check_optimizers(size_t n) {
    const fox_adamw s = {0.5f, 0.9f, 0.1f, 0.99f, 0.01f, 1e-3f, -0.02f, 0.7f, 0.999f};
    static float value[longest], m[longest], v[longest];
    for (int torch = 0; torch < 2; torch++) {
        fox_adamw k = s;
        if (!torch) k.decay = -1e-3f;
        fill(a, n, 1);
        fill(value, n, 1);
        fill(m, n, 1);
        fill(v, n, 1);
        for (size_t i = 0; i < n; i++) v[i] = v[i] * v[i];
        memcpy(b, value, sizeof *b * n);
        memcpy(c, m, sizeof *c * n);
        memcpy(d, v, sizeof *d * n);
        (torch ? fox_adamw_torch : fox_adamw_hf)(&k, a, value, m, v, n);
        for (size_t i = 0; i < n; i++) {
            double g = 0.5 * a[i], new_m = 0.9 * c[i] + 0.1 * g, new_v = 0.99 * d[i] + 0.01 * g * g;
            double root = sqrt(new_v) / (torch ? 0.7 : 1);
            double moved = b[i] * (torch ? 0.999 : 1) - 0.02 * new_m / (root + 1e-3);
            if (!torch) moved -= 1e-3 * moved;
            expect(m[i], new_m, 1e-6);
            expect(v[i], new_v, 1e-6);
            expect(value[i], moved, 1e-5);
        }
    }
}

// MT19937 as its authors write it (Matsumoto and Nishimura 1998), from seed 5489: its 10,000th draw is
// known from the C++ standard.
static void check_draws(void) {
    static uint32_t state[624], pairs[2 * longest];
    static uint8_t kept[longest];
    state[0] = 5489;
    for (uint32_t i = 1; i < 624; i++)
        state[i] = 1812433253u * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
    for (int block = 0; block < 17; block++) fox_twister_refill(state);
    uint32_t y = state[9999 % 624];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9D2C5680u;
    y ^= (y << 15) & 0xEFC60000u;
    expect(y ^ (y >> 18), 4123659995.0, 0);
    for (size_t i = 0; i < 2 * longest; i++) pairs[i] = word();
    uint64_t limit = (uint64_t)1 << 52;
    fox_twister_keep(pairs, longest, limit, kept);
    for (size_t i = 0; i < longest; i++) {
        uint64_t parts[2];
        for (int part = 0; part < 2; part++) {
            uint32_t bits = pairs[2 * i + (size_t)part];
            bits ^= bits >> 11;
            bits ^= (bits << 7) & 0x9D2C5680u;
            bits ^= (bits << 15) & 0xEFC60000u;
            parts[part] = bits ^ (bits >> 18);
        }
        uint64_t draw = (parts[0] << 32 | parts[1]) & (((uint64_t)1 << 53) - 1);
        expect(kept[i], draw < limit, 0);
    }
}

static void check_conversions(void) {
    // Every half, there and back.
    for (uint32_t bits = 0; bits < 65536; bits++) {
        uint16_t half = (uint16_t)bits, back;
        float value;
        fox_f16_to_f32(&half, &value, 1);
        int exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 1023);
        double wanted = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
        if (exponent < 31) expect(value, bits >> 15 ? -wanted : wanted, 0);
        fox_f32_to_f16(&value, &back, 1);
        if (exponent < 31) expect(back, half, 0);
        fox_bf16_to_f32(&half, &value, 1);
        fox_f32_to_bf16(&value, &back, 1);
        if ((bits & 0x7FFF) <= 0x7F80) expect(back, half, 0);
    }
}

// Levels of eight bits: the step, the nearest level, and the same bits whatever way a product goes.
static void check_int8(size_t n) {
    enum { most = 16 };
    static float w[70 * longest], t[70 * longest], x[most * 70], y[most * longest];
    static float steps[longest + 16], other_steps[longest + 16], x_steps[most];
    static int8_t levels[72 * (longest + 16)], others[72 * (longest + 16)], x_levels[most * 72];
    static int32_t totals[most];
    for (size_t inner = 67; inner <= 70; inner++) {
        size_t padded = (inner + 3) / 4 * 4, blocks = (n + 15) / 16;
        fill(w, inner * n, 1);
        fill(x, most * inner, 3);
        if (n) w[n - 1] = 0;
        for (size_t k = 0; k < inner; k++)
            for (size_t j = 0; j < n; j++) t[j * inner + k] = w[k * n + j];
        fox_int8_pack(w, inner, n, n, 0, 0, blocks, levels, steps);
        fox_int8_pack(t, inner, n, inner, 1, 0, blocks, others, other_steps);
        expect(memcmp(levels, others, blocks * 16 * padded), 0, 0);
        for (size_t j = 0; j < n; j++) {
            double greatest = 0;
            for (size_t k = 0; k < inner; k++) greatest = fmax(greatest, fabs(w[k * n + j]));
            expect(steps[j], greatest / 127, 1e-7);
            expect(other_steps[j], steps[j], 0);
            for (size_t k = 0; k < inner; k++) {
                int8_t level = levels[j / 16 * 16 * padded + k / 4 * 64 + j % 16 * 4 + k % 4];
                expect(level * steps[j], w[k * n + j], 0.501 * steps[j]);
            }
        }
        for (size_t r = 0; r < most; r++)
            x_steps[r] = fox_int8_round(x + r * inner, inner, x_levels + r * padded, padded, totals + r);
        for (size_t count = 1; count <= most; count += count < 8 ? 1 : 4) {
            for (int way = 0; way < 5; way++) {
                if (!(fox_int8_ways() >> way & 1)) continue;
                memset(y, 0, sizeof y);
                fox_int8_product(way, x_levels, x_steps, totals, count, inner, levels, steps, n, 0,
                                 blocks, y, n);
                for (size_t r = 0; r < count; r++)
                    for (size_t j = 0; j < n; j++) {
                        int32_t sum = 0;
                        const int8_t *block = levels + j / 16 * 16 * padded + j % 16 * 4;
                        for (size_t k = 0; k < inner; k++)
                            sum += x_levels[r * padded + k] * block[k / 4 * 64 + k % 4];
                        expect(y[r * n + j], (float)sum * x_steps[r] * steps[j], 0);
                    }
            }
        }
    }
}

int main(void) {
    static const struct {
        const char *name;
        void (*run)(size_t);
    } checks[] = {
        {"softmax, cross-entropy", check_rows}, {"GELU", check_activations},
        {"LayerNorm", check_norms}, {"sums, dropout", check_sums}, {"columns", check_columns},
        {"skinny products", check_products}, {"int8", check_int8}, {"slots", check_slots}, {"AdamW", check_optimizers},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        for (int k = 0; k < length_count; k++) checks[i].run(lengths[k]);
        done(checks[i].name);
    }
    check_draws();
    done("random numbers");
    check_conversions();
    done("conversions");
    printf("features %u, failures %d\n", fox_processor_features(), all_failures);
    return all_failures != 0;
}
