// Products of a few rows with a large matrix. The matrix is read from memory once and the rows stay
// in the cache, so that the time is that of reading the weights.

#include "CKernels.h"
#include "clones.h"
#include "lanes.h"

#define COLUMN_VECTORS 4  // 64 columns at a time
#define ROW_GROUP 5       // 5 x 4 sums and 4 weights fit 32 vector registers
#define AHEAD 8           // rows of weights fetched ahead of use

// 64 columns of `rows` rows: the sums stay in registers while the weights go by.
FOX_INLINE void column_block(const float *x, size_t rows, size_t inner, const float *w,
                             size_t columns, float *y, size_t stride) {
    lanes sum[ROW_GROUP][COLUMN_VECTORS] = {0};
    for (size_t k = 0; k < inner; k++) {
        const float *row = w + k * columns;
        __builtin_prefetch(row + AHEAD * columns);
        __builtin_prefetch(row + AHEAD * columns + FOX_LANES);
        __builtin_prefetch(row + AHEAD * columns + 2 * FOX_LANES);
        __builtin_prefetch(row + AHEAD * columns + 3 * FOX_LANES);
        lanes weight[COLUMN_VECTORS];
        for (int v = 0; v < COLUMN_VECTORS; v++) weight[v] = LANES_FROM(row + v * FOX_LANES);
        for (size_t r = 0; r < rows; r++) {
            float value = x[r * inner + k];
            for (int v = 0; v < COLUMN_VECTORS; v++) sum[r][v] += weight[v] * value;
        }
    }
    for (size_t r = 0; r < rows; r++) {
        for (int v = 0; v < COLUMN_VECTORS; v++)
            LANES_AT(y + r * stride + v * FOX_LANES) = sum[r][v];
    }
}

// The columns that do not fill a block of 64.
FOX_INLINE void column_rest(const float *x, size_t rows, size_t inner, const float *w,
                            size_t columns, size_t count, float *y, size_t stride) {
    for (size_t r = 0; r < rows; r++) {
        float sum[COLUMN_VECTORS * FOX_LANES] = {0};
        for (size_t k = 0; k < inner; k++) {
            float value = x[r * inner + k];
            for (size_t j = 0; j < count; j++) sum[j] += value * w[k * columns + j];
        }
        memcpy(y + r * stride, sum, count * sizeof(float));
    }
}

// Constant row counts let the compiler keep all sums in registers.
FOX_INLINE void column_group(const float *x, size_t rows, size_t inner, const float *w,
                             size_t columns, float *y, size_t stride) {
    switch (rows) {
    case 1: column_block(x, 1, inner, w, columns, y, stride); break;
    case 2: column_block(x, 2, inner, w, columns, y, stride); break;
    case 3: column_block(x, 3, inner, w, columns, y, stride); break;
    case 4: column_block(x, 4, inner, w, columns, y, stride); break;
    default: column_block(x, ROW_GROUP, inner, w, columns, y, stride); break;
    }
}

FOX_CLONES
void fox_skinny_by_columns(const float *x, size_t rows, size_t inner, const float *w,
                           size_t columns, size_t first, size_t last, float *y, size_t stride) {
    const size_t block = COLUMN_VECTORS * FOX_LANES;
    for (size_t j = first; j < last; j += block) {
        for (size_t r = 0; r < rows; r += ROW_GROUP) {
            size_t group = rows - r < ROW_GROUP ? rows - r : ROW_GROUP;
            const float *group_x = x + r * inner;
            float *group_y = y + r * stride + j;
            if (last - j >= block) {
                column_group(group_x, group, inner, w + j, columns, group_y, stride);
            } else {
                column_rest(group_x, group, inner, w + j, columns, last - j, group_y, stride);
            }
        }
    }
}

#define DOT_GROUP 8

// Dot products of one row of weights with `rows` rows.
FOX_INLINE void dot_group(const float *x, size_t rows, size_t inner, const float *w, float *y,
                          size_t stride) {
    lanes sum[DOT_GROUP] = {0};
    float rest[DOT_GROUP] = {0};
    size_t whole = inner - inner % FOX_LANES;
    for (size_t k = 0; k < whole; k += FOX_LANES) {
        lanes weight = LANES_FROM(w + k);
        for (size_t r = 0; r < rows; r++) sum[r] += weight * LANES_FROM(x + r * inner + k);
    }
    for (size_t k = whole; k < inner; k++) {
        for (size_t r = 0; r < rows; r++) rest[r] += w[k] * x[r * inner + k];
    }
    for (size_t r = 0; r < rows; r++) y[r * stride] = lanes_sum(&sum[r]) + rest[r];
}

FOX_CLONES
void fox_skinny_by_rows(const float *x, size_t rows, size_t inner, const float *w, size_t first,
                        size_t last, float *y, size_t stride) {
    for (size_t j = first; j < last; j++) {
        const float *weights = w + j * inner;
        __builtin_prefetch(weights + 2 * inner);
        for (size_t r = 0; r < rows; r += DOT_GROUP) {
            const float *group_x = x + r * inner;
            float *group_y = y + r * stride + j;
            switch (rows - r) {
            case 1: dot_group(group_x, 1, inner, weights, group_y, stride); break;
            case 2: dot_group(group_x, 2, inner, weights, group_y, stride); break;
            case 3: dot_group(group_x, 3, inner, weights, group_y, stride); break;
            case 4: dot_group(group_x, 4, inner, weights, group_y, stride); break;
            case 5: dot_group(group_x, 5, inner, weights, group_y, stride); break;
            case 6: dot_group(group_x, 6, inner, weights, group_y, stride); break;
            case 7: dot_group(group_x, 7, inner, weights, group_y, stride); break;
            default: dot_group(group_x, DOT_GROUP, inner, weights, group_y, stride); break;
            }
        }
    }
}
