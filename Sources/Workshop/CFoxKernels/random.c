#include "CFoxKernels.h"
#include "clones.h"
#include "lanes.h"

// MT19937: 624 words of state; a word is made of those 1 and 397 places on.
enum { words = 624, distance = 397 };

FOX_INLINE uint32_t twisted(uint32_t word, uint32_t following, uint32_t distant) {
    uint32_t mixed = (word & 0x80000000u) | (following & 0x7FFFFFFFu);
    return distant ^ (mixed >> 1) ^ (-(following & 1) & 0x9908B0DFu);
}

// Two runs without a dependence closer than 227 words, and the last word, whose neighbour is new.
FOX_CLONES
void fox_twister_refill(uint32_t *state) {
    for (int i = 0; i < words - distance; i++) {
        state[i] = twisted(state[i], state[i + 1], state[i + distance]);
    }
    for (int i = words - distance; i < words - 1; i++) {
        state[i] = twisted(state[i], state[i + 1], state[i + distance - words]);
    }
    state[words - 1] = twisted(state[words - 1], state[0], state[distance - 1]);
}

typedef uint32_t words16 __attribute__((vector_size(64), aligned(4)));
typedef int64_t pairs8 __attribute__((vector_size(64), aligned(4)));
typedef int8_t bytes8 __attribute__((vector_size(8), aligned(1)));

FOX_INLINE uint32_t tempered(uint32_t bits) {
    bits ^= bits >> 11;
    bits ^= (bits << 7) & 0x9D2C5680u;
    bits ^= (bits << 15) & 0xEFC60000u;
    return bits ^ (bits >> 18);
}

// Little-endian, as all that we run on: the first word of a pair is the upper half of the draw.
FOX_CLONES
void fox_twister_keep(const uint32_t *state, size_t count, uint64_t limit, uint8_t *kept) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        words16 bits = *(const words16 *)(state + 2 * i);
        bits ^= bits >> 11;
        bits ^= (bits << 7) & 0x9D2C5680u;
        bits ^= (bits << 15) & 0xEFC60000u;
        bits ^= bits >> 18;
        pairs8 pair = (pairs8)bits;
        pairs8 draw = ((pair & 0x1FFFFF) << 32) | ((pair >> 32) & 0xFFFFFFFF);
        bytes8 below = __builtin_convertvector(draw < (int64_t)limit, bytes8) & 1;
        memcpy(kept + i, &below, sizeof below);
    }
    for (; i < count; i++) {
        uint64_t upper = tempered(state[2 * i]) & 0x1FFFFF;
        kept[i] = (upper << 32 | tempered(state[2 * i + 1])) < limit;
    }
}
