// Products of a few rows with a large matrix. The matrix is read from memory once and the rows stay
// in the cache, so that the time is that of reading the weights.

#include "CFoxKernels.h"
#include "clones.h"
#include "lanes.h"

#define ROW_GROUP 6        // rows of x whose sums are in registers at a time
#define MOST_NARROW 4      // vectors of a strip of columns, or rows of weights of a tile
#define WIDE 8             // vectors of a strip for one or two rows
#define COLUMN_VECTORS 16  // vectors of a block of columns
#define DEPTH 64           // rows of weights of a piece, whose 64 KB of columns fit the L2 cache
#define AHEAD 12           // rows of weights fetched ahead of a wide strip

// Sets of instructions: 2 is AVX-512, 1 AVX2, 0 whatever the compiler may take for granted. Tiles
// depend on the number of registers, so that clones of one function will not do.
#if defined(__x86_64__) && defined(__linux__) && defined(__clang__) && !defined(FOX_NO_CLONES)
#define FOX_HAS_LEVELS 1
#else
#define FOX_HAS_LEVELS 0
#endif

FOX_INLINE int level_here(void) {
#if FOX_HAS_LEVELS
    unsigned features = fox_processor_features();
    if (features & FOX_AVX512) return 2;
    if (features & FOX_AVX2) return 1;
#endif
    return 0;
}

// How many vectors of sums each row has. AVX-512 has 32 registers, and a vector takes one: 6 x 4
// sums and 4 weights fit. AVX2 has 16, and a vector takes two; aarch64 has 32, and it takes four.
FOX_INLINE int narrow(int level, size_t rows) {
    if (level == 2) return 4;
    return rows == 1 ? 4 : rows <= 3 ? 2 : 1;
}

// Rows are cut into groups that differ by one at most.
FOX_INLINE size_t largest_group(size_t rows) {
    size_t groups = (rows + ROW_GROUP - 1) / ROW_GROUP;
    return (rows + groups - 1) / groups;
}

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
