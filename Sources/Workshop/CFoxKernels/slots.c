// Attention of one head over slots: rows of a table that lie anywhere.

#include "CFoxKernels.h"
#include "clones.h"
#include "lanes.h"

FOX_CLONES
void fox_slot_scores(const float *q, const float *keys, size_t stride, const int32_t *slots,
                     size_t count, size_t size, float scale, float *scores) {
    const size_t whole = size - size % FOX_LANES;
    for (size_t i = 0; i < count; i++) {
        const float *key = keys + (size_t)slots[i] * stride;
        lanes sum = {0};
        float rest = 0;
        for (size_t k = 0; k < whole; k += FOX_LANES) sum += LANES_FROM(q + k) * LANES_FROM(key + k);
        for (size_t k = whole; k < size; k++) rest += q[k] * key[k];
        scores[i] = (lanes_sum(&sum) + rest) * scale;
    }
}

#define PIECE 4  // vectors of sums: 64 channels, a head of GPT-2

FOX_CLONES
void fox_slot_sum(const float *values, size_t stride, const int32_t *slots, const float *weights,
                  size_t count, size_t size, float *out) {
    const size_t piece = PIECE * FOX_LANES;
    size_t k = 0;
    for (; k + piece <= size; k += piece) {
        lanes sum[PIECE] = {0};
        for (size_t i = 0; i < count; i++) {
            const float *value = values + (size_t)slots[i] * stride + k;
            for (int v = 0; v < PIECE; v++) sum[v] += weights[i] * LANES_FROM(value + v * FOX_LANES);
        }
        for (int v = 0; v < PIECE; v++) LANES_AT(out + k + v * FOX_LANES) = sum[v];
    }
    for (size_t j = k; j < size; j++) out[j] = 0;
    for (size_t i = 0; i < count; i++) {
        const float *value = values + (size_t)slots[i] * stride;
        for (size_t j = k; j < size; j++) out[j] += weights[i] * value[j];
    }
}
