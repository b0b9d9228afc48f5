// The few loops that Swift's code generator does not vectorise at the x86-64 baseline.
//
// Each function has a plain Swift twin in the Book that a test compares it with. Pointers never
// overlap unless a comment says so; counts may be 0. No function allocates, none keeps state.
#ifndef CFOXKERNELS_H
#define CFOXKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Widening and rounding of stored numbers (round to nearest, ties to even).
void fox_f16_to_f32(const uint16_t *from, float *to, size_t count);
void fox_bf16_to_f32(const uint16_t *from, float *to, size_t count);
void fox_f32_to_f16(const float *from, uint16_t *to, size_t count);
void fox_f32_to_bf16(const float *from, uint16_t *to, size_t count);

// One row each; `to` may be `from`.
void fox_softmax_row(const float *from, float *to, size_t count);
// Returns max + log(sum(exp)), which is not finite when an element is NaN or +infinity.
float fox_log_softmax_row(const float *from, float *to, size_t count);
void fox_gelu_tanh(const float *from, float *to, size_t count);
// Writes the mean and 1 / sqrt(variance + epsilon) to `stats` unless it is NULL.
void fox_layer_norm_row(const float *from, const float *weight, const float *bias, float epsilon,
                        float *to, float *stats, size_t count);
// Returns -log softmax(logits)[label]; logits become scale * (softmax - one at the label).
float fox_cross_entropy_row(float *logits, size_t label, float scale, size_t count);
void fox_gelu_erf(const float *from, float *to, size_t count);
void fox_add(const float *from, float *to, size_t count);
// The index of the greatest element, the first of several; NaNs are passed over.
size_t fox_argmax(const float *x, size_t count);
// The first index i with x[i] + offset > threshold, or where that is NaN; `count` when there is none.
size_t fox_first_above(const float *x, float offset, float threshold, size_t count);

// Backward passes. dx = dy * slope of the function at x; `dx` may be `dy`.
void fox_gelu_tanh_backward(const float *x, const float *dy, float *dx, size_t count);
void fox_gelu_erf_backward(const float *x, const float *dy, float *dx, size_t count);
// ds = scale * p * (dp - sum(p * dp)), for p the softmax of a row; `ds` may be `dp`.
void fox_softmax_backward_row(const float *p, const float *dp, float scale, float *ds,
                              size_t count);
// dx += the gradient of a LayerNorm of row x, whose mean and scale (see above) are given.
void fox_layer_norm_backward_row(const float *x, const float *dy, const float *weight, float mean,
                                 float scale, float *dx, size_t count);
// Columns [first, last) of rows that are `stride` apart, added up in the order of rows; stats holds
// mean and scale of each row.
void fox_layer_norm_backward_columns(const float *x, const float *dy, const float *stats,
                                     size_t rows, size_t stride, size_t first, size_t last,
                                     float *weight, float *bias);
void fox_add_columns(const float *from, size_t rows, size_t stride, size_t first, size_t last,
                     float *to);

// Dropout: to = from * scale where kept, from * 0 elsewhere; `to` may be `from`.
void fox_keep(const float *from, const uint8_t *kept, float scale, float *to, size_t count);
// to = sum + what is kept of from.
void fox_add_kept(const float *sum, const float *from, const uint8_t *kept, float scale, float *to,
                  size_t count);

// Skinny products: x is [rows, inner] with 1 to 16 rows, and each weight is read from memory once.
// All compute columns [first, last) of y, whose rows are `stride` apart.
//   by_columns: w is [inner, columns], as Conv1D stores it.
//   by_rows:    w is [columns, inner], as nn.Linear and embeddings store it.
// Those of bf16 widen weights as they are read; sums are float32.
void fox_skinny_by_columns(const float *x, size_t rows, size_t inner, const float *w,
                           size_t columns, size_t first, size_t last, float *y, size_t stride);
void fox_skinny_by_rows(const float *x, size_t rows, size_t inner, const float *w, size_t first,
                        size_t last, float *y, size_t stride);
void fox_skinny_bf16_by_columns(const float *x, size_t rows, size_t inner, const uint16_t *w,
                                size_t columns, size_t first, size_t last, float *y,
                                size_t stride);
void fox_skinny_bf16_by_rows(const float *x, size_t rows, size_t inner, const uint16_t *w,
                             size_t first, size_t last, float *y, size_t stride);

// Weights in eight bits (Kernels/Int8Weight.swift): a number is a level from -127 to 127 times a step.
// Ways to compute; all give the same numbers.
enum {
    FOX_INT8_PORTABLE,
    FOX_INT8_AVX2,
    FOX_INT8_AVX_VNNI,
    FOX_INT8_AVX512_VNNI,
    FOX_INT8_DOT  // aarch64 with dot products
};
// A bit for each way that this processor has: 1 << FOX_INT8_PORTABLE and so on.
unsigned fox_int8_ways(void);
// Rounds a row to levels, 0 from `count` to `padded`. Returns the step, NaN when a number is not
// finite; *total is the sum of the levels.
float fox_int8_round(const float *x, size_t count, int8_t *levels, size_t padded, int32_t *total);
// Rounds blocks [first, last) of 16 outputs of a matrix, [inputs, outputs] with rows `stride` apart, or
// `transposed`, each output with a step of its own. A block takes 64 bytes for every four inputs.
void fox_int8_pack(const float *w, size_t inputs, size_t outputs, size_t stride, int transposed,
                   size_t first, size_t last, int8_t *levels, float *steps);
// Blocks [first, last) of y, whose rows are `stride` apart: the levels of x, rows padded to a multiple of
// four, times those of w, times both steps. At most 133,144 inputs, or a sum might not fit 32 bits.
void fox_int8_product(int way, const int8_t *x, const float *x_steps, const int32_t *totals,
                      size_t rows, size_t inputs, const int8_t *w, const float *w_steps,
                      size_t outputs, size_t first, size_t last, float *y, size_t stride);

// MT19937 (Numbers/MersenneTwister.swift): `state` has 624 words; those after `refill` are tempered
// when they are drawn.
void fox_twister_refill(uint32_t *state);
// kept[i] = 1 when the lower 53 bits of draw i are below `limit` (<= 2^53), else 0. A draw is two
// tempered words, the upper half first; `state` has 2 * count words, none of them tempered.
void fox_twister_keep(const uint32_t *state, size_t count, uint64_t limit, uint8_t *kept);

// Attention of one head: rows slots[i] of a table whose rows are `stride` apart.
// scores[i] = scale * sum(q * keys[slots[i]])
void fox_slot_scores(const float *q, const float *keys, size_t stride, const int32_t *slots,
                     size_t count, size_t size, float scale, float *scores);
// out = sum of weights[i] * values[slots[i]]
void fox_slot_sum(const float *values, size_t stride, const int32_t *slots, const float *weights,
                  size_t count, size_t size, float *out);

// One step of AdamW (Numbers/Adam.swift) over `count` parameters: values, gradients, and the
// running means m of gradients and v of their squares. Everything is read and written once.
typedef struct {
    float gradient_scale;  // every gradient is multiplied with it first
    float beta1, rest1;    // rest1 = 1 - beta1
    float beta2, rest2;    // rest2 = 1 - beta2
    float epsilon;
    float step;   // minus the step size
    float root;   // torch: the square root of the second bias correction
    float decay;  // hf: minus rate * decay; torch: 1 - rate * decay
} fox_adamw;
// transformers: m = m beta1 + g rest1, v = v beta2 + g g rest2,
// value += step m / (sqrt(v) + epsilon), value += decay value
void fox_adamw_hf(const fox_adamw *s, const float *gradient, float *value, float *m, float *v,
                  size_t count);
// PyTorch: value *= decay, m = lerp(m, g, rest1), v as above,
// value += step m / (sqrt(v) / root + epsilon)
void fox_adamw_torch(const fox_adamw *s, const float *gradient, float *value, float *m, float *v,
                     size_t count);
// The sum of the squares, in double precision, in an order that depends on `count` alone.
double fox_square_sum(const float *x, size_t count);

// How many loops on several threads this thread is in (Kernels/Parallel.swift).
int fox_loop_depth(void);
void fox_enter_loop(void);
void fox_leave_loop(void);

// A moment's rest of a thread that waits for another.
static inline void fox_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// What the processor can run beyond the x86-64 baseline, as far as OpenBLAS's kernels need it; 0 on
// another architecture.
enum {
    FOX_SSE42 = 1,
    FOX_AVX = 2,
    FOX_AVX2 = 4,          // with FMA
    FOX_FMA4 = 8,          // with XOP: AMD's Bulldozer to Excavator, and nothing since
    FOX_AVX512 = 16,       // F, BW, DQ and VL
    FOX_AVX512_BF16 = 32
};
unsigned fox_processor_features(void);

#endif
