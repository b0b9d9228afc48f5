// The skinny products, for one kind of stored weight. Included by skinny.c once for each kind, with
//   WEIGHT          the stored type,
//   WIDEN(p, v)     16 weights at p to the lanes *v,
//   WEIGHT_VALUE(w) one weight as a float,
//   NAMED(x)        the name of a function for this kind.

// `vectors` * 16 columns of `rows` rows: the sums stay in registers while `depth` rows of weights go
// by, and begin with what y holds unless `fresh`. Meanwhile the rows of weights from `next` on are
// fetched, `strips` turns for each.
FOX_INLINE void NAMED(strip)(const float *x, size_t rows, size_t inner, size_t depth,
                             const WEIGHT *w, size_t columns, float *y, size_t stride,
                             int vectors, int fresh, const WEIGHT *next, size_t strips) {
    lanes sum[ROW_GROUP][WIDE] = {0};
    if (!fresh) {
        for (size_t r = 0; r < rows; r++)
            for (int v = 0; v < vectors; v++) sum[r][v] = LANES_FROM(y + r * stride + v * FOX_LANES);
    }
    size_t turn = 0;
    for (size_t k = 0; k < depth; k++) {
        for (int v = 0; v < vectors; v += LINE / FOX_LANES)
            __builtin_prefetch(next + turn * (size_t)vectors * FOX_LANES + v * FOX_LANES);
        if (++turn == strips) {
            turn = 0;
            next += columns;
        }
        lanes weight[WIDE];
        for (int v = 0; v < vectors; v++) WIDEN(w + k * columns + v * FOX_LANES, &weight[v]);
        for (size_t r = 0; r < rows; r++) {
            float value = x[r * inner + k];
            for (int v = 0; v < vectors; v++) sum[r][v] += weight[v] * value;
        }
    }
    for (size_t r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) LANES_AT(y + r * stride + v * FOX_LANES) = sum[r][v];
    }
}

// Constant row counts let the compiler keep all sums in registers.
FOX_INLINE void NAMED(strip_of)(const float *x, size_t rows, size_t inner, size_t depth,
                                const WEIGHT *w, size_t columns, float *y, size_t stride,
                                int fresh, const WEIGHT *next, size_t strips) {
    switch (rows) {
    case 1: NAMED(strip)(x, 1, inner, depth, w, columns, y, stride, NARROW, fresh, next, strips); break;
    case 2: NAMED(strip)(x, 2, inner, depth, w, columns, y, stride, NARROW, fresh, next, strips); break;
    case 3: NAMED(strip)(x, 3, inner, depth, w, columns, y, stride, NARROW, fresh, next, strips); break;
    case 4: NAMED(strip)(x, 4, inner, depth, w, columns, y, stride, NARROW, fresh, next, strips); break;
    case 5: NAMED(strip)(x, 5, inner, depth, w, columns, y, stride, NARROW, fresh, next, strips); break;
    default: NAMED(strip)(x, 6, inner, depth, w, columns, y, stride, NARROW, fresh, next, strips); break;
    }
}

// The columns that do not fill a strip.
FOX_INLINE void NAMED(column_rest)(const float *x, size_t rows, size_t inner, const WEIGHT *w,
                                   size_t columns, size_t count, float *y, size_t stride) {
    for (size_t r = 0; r < rows; r++) {
        float sum[NARROW * FOX_LANES] = {0};
        for (size_t k = 0; k < inner; k++) {
            float value = x[r * inner + k];
            for (size_t j = 0; j < count; j++) sum[j] += value * WEIGHT_VALUE(w[k * columns + j]);
        }
        memcpy(y + r * stride, sum, count * sizeof(float));
    }
}

// One block of `strips` strips: all weights of a piece of DEPTH rows are used for all rows of x
// before the next piece, which is fetched meanwhile.
FOX_INLINE void NAMED(column_block)(const float *x, size_t rows, size_t inner, const WEIGHT *w,
                                    size_t columns, size_t strips, float *y, size_t stride) {
    const size_t width = NARROW * FOX_LANES;
    const size_t groups = (rows + ROW_GROUP - 1) / ROW_GROUP;
    for (size_t k = 0; k < inner; k += DEPTH) {
        size_t depth = inner - k < DEPTH ? inner - k : DEPTH;
        const WEIGHT *piece = w + k * columns;
        // Behind the last piece comes the first one of the next block.
        const WEIGHT *after = k + DEPTH < inner ? piece + DEPTH * columns : w + strips * width;
        for (size_t s = 0; s < strips; s++) {
            const WEIGHT *next = after + s * DEPTH / strips * columns;
            size_t r = 0;
            for (size_t g = 0; g < groups; g++) {
                size_t count = (rows - r + groups - g - 1) / (groups - g);
                NAMED(strip_of)(x + r * inner + k, count, inner, depth, piece + s * width, columns,
                                y + r * stride + s * width, stride, k == 0, next, strips);
                r += count;
            }
        }
    }
}

// One and two rows: strips twice as wide, or the additions would wait for each other.
FOX_INLINE void NAMED(wide_strip)(const float *x, size_t rows, size_t inner, const WEIGHT *w,
                                  size_t columns, float *y, size_t stride) {
    const WEIGHT *next = w + AHEAD * columns;
    if (rows == 1) NAMED(strip)(x, 1, inner, inner, w, columns, y, stride, WIDE, 1, next, 1);
    else NAMED(strip)(x, 2, inner, inner, w, columns, y, stride, WIDE, 1, next, 1);
}

FOX_CLONES
void NAMED(by_columns)(const float *x, size_t rows, size_t inner, const WEIGHT *w, size_t columns,
                       size_t first, size_t last, float *y, size_t stride) {
    const size_t width = NARROW * FOX_LANES;
    size_t j = first;
    if (rows <= 2) {
        for (; j + 2 * width <= last; j += 2 * width)
            NAMED(wide_strip)(x, rows, inner, w + j, columns, y + j, stride);
    }
    while (j + width <= last) {
        size_t strips = (last - j) / width < STRIPS ? (last - j) / width : STRIPS;
        NAMED(column_block)(x, rows, inner, w + j, columns, strips, y + j, stride);
        j += strips * width;
    }
    if (j < last) NAMED(column_rest)(x, rows, inner, w + j, columns, last - j, y + j, stride);
}

// Dot products of `several` rows of weights with `rows` rows, and a fetch of the rows behind.
FOX_INLINE void NAMED(tile)(const float *x, size_t rows, size_t inner, const WEIGHT *w,
                            size_t several, float *y, size_t stride) {
    lanes sum[ROW_GROUP][WEIGHT_ROWS] = {0};
    float rest[ROW_GROUP][WEIGHT_ROWS] = {0};
    const size_t whole = inner - inner % FOX_LANES;
    for (size_t k = 0; k < whole; k += FOX_LANES) {
        lanes weight[WEIGHT_ROWS];
        for (size_t a = 0; a < several; a++) {
            WIDEN(w + a * inner + k, &weight[a]);
            __builtin_prefetch(w + (a + several) * inner + k);
        }
        for (size_t r = 0; r < rows; r++) {
            lanes value = LANES_FROM(x + r * inner + k);
            for (size_t a = 0; a < several; a++) sum[r][a] += weight[a] * value;
        }
    }
    for (size_t r = 0; r < rows; r++) {
        for (size_t a = 0; a < several; a++) {
            for (size_t k = whole; k < inner; k++)
                rest[r][a] += WEIGHT_VALUE(w[a * inner + k]) * x[r * inner + k];
            y[r * stride + a] = lanes_sum(&sum[r][a]) + rest[r][a];
        }
    }
}

FOX_INLINE void NAMED(tile_of)(const float *x, size_t rows, size_t inner, const WEIGHT *w,
                               size_t several, float *y, size_t stride) {
    switch (rows) {
    case 1: NAMED(tile)(x, 1, inner, w, several, y, stride); break;
    case 2: NAMED(tile)(x, 2, inner, w, several, y, stride); break;
    case 3: NAMED(tile)(x, 3, inner, w, several, y, stride); break;
    case 4: NAMED(tile)(x, 4, inner, w, several, y, stride); break;
    case 5: NAMED(tile)(x, 5, inner, w, several, y, stride); break;
    default: NAMED(tile)(x, 6, inner, w, several, y, stride); break;
    }
}

FOX_CLONES
void NAMED(by_rows)(const float *x, size_t rows, size_t inner, const WEIGHT *w, size_t first,
                    size_t last, float *y, size_t stride) {
    const size_t groups = (rows + ROW_GROUP - 1) / ROW_GROUP;
    for (size_t j = first; j < last;) {
        size_t several = last - j < WEIGHT_ROWS ? 1 : WEIGHT_ROWS;
        size_t r = 0;
        for (size_t g = 0; g < groups; g++) {
            size_t count = (rows - r + groups - g - 1) / (groups - g);
            float *target = y + r * stride + j;
            if (several == 1) NAMED(tile_of)(x + r * inner, count, inner, w + j * inner, 1, target, stride);
            else NAMED(tile_of)(x + r * inner, count, inner, w + j * inner, WEIGHT_ROWS, target, stride);
            r += count;
        }
        j += several;
    }
}

#undef WEIGHT
#undef WIDEN
#undef WEIGHT_VALUE
#undef NAMED
#undef LINE
