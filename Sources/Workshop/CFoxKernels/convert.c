#include "CFoxKernels.h"
#include "clones.h"

#include <string.h>

FOX_CLONES
void fox_f16_to_f32(const uint16_t *restrict from, float *restrict to, size_t count) {
    const _Float16 *halves = (const _Float16 *)from;
    for (size_t i = 0; i < count; i++) to[i] = (float)halves[i];
}

FOX_CLONES
void fox_f32_to_f16(const float *restrict from, uint16_t *restrict to, size_t count) {
    _Float16 *halves = (_Float16 *)to;
    for (size_t i = 0; i < count; i++) halves[i] = (_Float16)from[i];
}

// A bfloat16 is the upper half of a float32.
FOX_CLONES
void fox_bf16_to_f32(const uint16_t *restrict from, float *restrict to, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)from[i] << 16;
        memcpy(to + i, &bits, sizeof bits);
    }
}

FOX_CLONES
void fox_f32_to_bf16(const float *restrict from, uint16_t *restrict to, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, from + i, sizeof bits);
        uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
        int is_nan = (bits & 0x7FFFFFFF) > 0x7F800000;
        to[i] = (uint16_t)(is_nan ? (bits >> 16 | 0x40) : rounded);
    }
}
