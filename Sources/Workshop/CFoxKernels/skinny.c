// Products of a few rows with a large matrix. The matrix is read from memory once and the rows stay
// in the cache, so that the time is that of reading the weights.

#include "CFoxKernels.h"
#include "clones.h"
#include "lanes.h"

#define ROW_GROUP 6    // 6 x 4 sums and 4 weights fit 32 vector registers
#define NARROW 4       // vectors of a strip of columns
#define WIDE 8         // the same for one or two rows
#define STRIPS 4       // strips of a block of columns
#define DEPTH 64       // rows of weights of a piece; DEPTH * STRIPS * NARROW vectors fit the L2 cache
#define AHEAD 12       // rows of weights fetched ahead of one or two rows of x
#define WEIGHT_ROWS 4  // rows of weights that dot products are taken with at a time

typedef uint16_t halves __attribute__((vector_size(32), aligned(2)));
typedef uint32_t words __attribute__((vector_size(64)));

// A bfloat16 is the upper half of a float32.
FOX_INLINE void widen_bf16(const uint16_t *from, lanes *to) {
    words bits = __builtin_convertvector(*(const halves *)from, words) << 16;
    memcpy(to, &bits, sizeof bits);
}

FOX_INLINE float bf16_value(uint16_t half) {
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#define WEIGHT float
#define WIDEN(from, to) (*(to) = LANES_FROM(from))
#define WEIGHT_VALUE(weight) (weight)
#define NAMED(name) fox_skinny_##name
#define LINE 16  // weights in a line of the cache
#include "skinny_body.h"

#define WEIGHT uint16_t
#define WIDEN(from, to) widen_bf16(from, to)
#define WEIGHT_VALUE(weight) bf16_value(weight)
#define NAMED(name) fox_skinny_bf16_##name
#define LINE 32
#include "skinny_body.h"
