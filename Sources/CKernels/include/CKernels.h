// The few loops that Swift's code generator does not vectorise at the x86-64 baseline.
//
// Each function has a plain Swift twin in Tensors that a test compares it with. Pointers never
// overlap unless a comment says so; counts may be 0. No function allocates, none keeps state.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Widening and rounding of stored numbers (round to nearest, ties to even).
void fox_f16_to_f32(const uint16_t *from, float *to, size_t count);
void fox_bf16_to_f32(const uint16_t *from, float *to, size_t count);
void fox_f32_to_f16(const float *from, uint16_t *to, size_t count);
void fox_f32_to_bf16(const float *from, uint16_t *to, size_t count);

#endif
