// The skinny products, for one kind of stored weight. Included by skinny.c once for each kind, with
//   WEIGHT          the stored type,
//   WIDEN(p, v)     16 weights at p to the lanes *v,
//   WEIGHT_VALUE(w) one weight as a float,
//   NAMED(x)        the name of a function for this kind.

// One row of weights.
FOX_INLINE void NAMED(step)(const float *x, size_t rows, size_t inner, const WEIGHT *w, int vectors,
                            lanes sum[ROW_GROUP][WIDE]) {
    lanes weight[WIDE];
    for (int v = 0; v < vectors; v++) WIDEN(w + v * FOX_LANES, &weight[v]);
    for (size_t r = 0; r < rows; r++) {
        float value = x[r * inner];
        for (int v = 0; v < vectors; v++) sum[r][v] += weight[v] * value;
    }
}

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
    const size_t width = (size_t)vectors * FOX_LANES;
    // A row at a time: more at once than the processor can have under way would wait.
    size_t turn = 0;
    for (size_t k = 0; k < depth; k++) {
        for (size_t line = 0; line < width; line += LINE)
            __builtin_prefetch(next + turn * width + line);
        if (++turn == strips) {
            turn = 0;
            next += columns;
        }
        NAMED(step)(x + k, rows, inner, w + k * columns, vectors, sum);
    }
    for (size_t r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) LANES_AT(y + r * stride + v * FOX_LANES) = sum[r][v];
    }
}

// Constant counts let the compiler keep all sums in registers. Groups of 7 rows are 4 and 3: the
// smaller one has strips of the same width.
FOX_INLINE void NAMED(strip_of)(int level, const float *x, size_t rows, size_t inner, size_t depth,
                                const WEIGHT *w, size_t columns, float *y, size_t stride, int vectors,
                                int fresh, const WEIGHT *next, size_t strips) {
#define STRIP(r, v) NAMED(strip)(x, r, inner, depth, w, columns, y, stride, v, fresh, next, strips)
    switch (rows) {
    case 1: STRIP(1, narrow(level, 1)); break;
    case 2: STRIP(2, narrow(level, 2)); break;
    case 3:
        if (vectors == narrow(level, 3)) STRIP(3, narrow(level, 3));
        else STRIP(3, narrow(level, 4));
        break;
    case 4: STRIP(4, narrow(level, 4)); break;
    case 5: STRIP(5, narrow(level, 5)); break;
    default: STRIP(6, narrow(level, 6)); break;
    }
#undef STRIP
}

// The columns that do not fill a strip.
FOX_INLINE void NAMED(column_rest)(const float *x, size_t rows, size_t inner, const WEIGHT *w,
                                   size_t columns, size_t count, float *y, size_t stride) {
    for (size_t r = 0; r < rows; r++) {
        float sum[FOX_LANES * MOST_NARROW] = {0};
        for (size_t k = 0; k < inner; k++) {
            float value = x[r * inner + k];
            for (size_t j = 0; j < count; j++) sum[j] += value * WEIGHT_VALUE(w[k * columns + j]);
        }
        memcpy(y + r * stride, sum, count * sizeof(float));
    }
}

// One block of `strips` strips, each of `vectors`: all weights of a piece of DEPTH rows are used for all rows of x
// before the next piece, which is fetched meanwhile.
FOX_INLINE void NAMED(column_block)(int level, const float *x, size_t rows, size_t inner,
                                    const WEIGHT *w, size_t columns, int vectors, size_t strips,
                                    float *y, size_t stride) {
    const size_t width = (size_t)vectors * FOX_LANES;
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
                NAMED(strip_of)(level, x + r * inner + k, count, inner, depth, piece + s * width,
                                columns, y + r * stride + s * width, stride, vectors, k == 0, next,
                                strips);
                r += count;
            }
        }
    }
}

// One row, and two with 32 wide registers: strips twice as wide, or the additions would wait for each other.
FOX_INLINE void NAMED(wide_strip)(const float *x, size_t rows, size_t inner, const WEIGHT *w,
                                  size_t columns, float *y, size_t stride) {
    const WEIGHT *next = w + AHEAD * columns;
    if (rows == 1) NAMED(strip)(x, 1, inner, inner, w, columns, y, stride, WIDE, 1, next, 1);
    else NAMED(strip)(x, 2, inner, inner, w, columns, y, stride, WIDE, 1, next, 1);
}

FOX_INLINE void NAMED(columns_at)(int level, const float *x, size_t rows, size_t inner,
                                  const WEIGHT *w, size_t columns, size_t first, size_t last,
                                  float *y, size_t stride) {
    size_t j = first;
    if (rows == 1 || (level == 2 && rows == 2)) {
        for (; j + WIDE * FOX_LANES <= last; j += WIDE * FOX_LANES)
            NAMED(wide_strip)(x, rows, inner, w + j, columns, y + j, stride);
    }
    const int vectors = narrow(level, largest_group(rows));
    const size_t width = (size_t)vectors * FOX_LANES, most = (size_t)(COLUMN_VECTORS / vectors);
    while (j + width <= last) {
        size_t strips = (last - j) / width < most ? (last - j) / width : most;
        NAMED(column_block)(level, x, rows, inner, w + j, columns, vectors, strips, y + j, stride);
        j += strips * width;
    }
    if (j < last) NAMED(column_rest)(x, rows, inner, w + j, columns, last - j, y + j, stride);
}

// Dot products of `several` rows of weights with `rows` rows, and a fetch of the rows behind.
FOX_INLINE void NAMED(tile)(const float *x, size_t rows, size_t inner, const WEIGHT *w,
                            size_t several, float *y, size_t stride) {
    lanes sum[ROW_GROUP][MOST_NARROW] = {0};
    float rest[ROW_GROUP][MOST_NARROW] = {0};
    const size_t whole = inner - inner % FOX_LANES;
    for (size_t k = 0; k < whole; k += FOX_LANES) {
        lanes weight[MOST_NARROW];
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

FOX_INLINE void NAMED(tile_of)(int level, const float *x, size_t rows, size_t inner, const WEIGHT *w,
                               size_t several, float *y, size_t stride) {
#define TILE(r, n) NAMED(tile)(x, r, inner, w, n, y, stride)
#define TILES(r)                                                                                  \
    if (several == (size_t)narrow(level, r)) TILE(r, (size_t)narrow(level, r));                                  \
    else if (several == 1) TILE(r, 1)
    switch (rows) {
    case 1: TILES(1); break;
    case 2: TILES(2); break;
    case 3: TILES(3); break;
    case 4: TILES(4); break;
    case 5: TILES(5); break;
    default: TILES(6); break;
    }
#undef TILE
#undef TILES
}

FOX_INLINE void NAMED(rows_at)(int level, const float *x, size_t rows, size_t inner, const WEIGHT *w,
                               size_t first, size_t last, float *y, size_t stride) {
    const size_t groups = (rows + ROW_GROUP - 1) / ROW_GROUP;
    const size_t most = (size_t)narrow(level, largest_group(rows));
    for (size_t j = first; j < last;) {
        size_t several = last - j < most ? 1 : most;
        size_t r = 0;
        for (size_t g = 0; g < groups; g++) {
            size_t count = (rows - r + groups - g - 1) / (groups - g);
            NAMED(tile_of)(level, x + r * inner, count, inner, w + j * inner, several,
                           y + r * stride + j, stride);
            r += count;
        }
        j += several;
    }
}

// The two for each level.
#define AT_LEVEL(level, target)                                                                   \
    target static void NAMED(columns_##level)(                                                    \
        const float *x, size_t rows, size_t inner, const WEIGHT *w, size_t columns, size_t first, \
        size_t last, float *y, size_t stride) {                                                   \
        NAMED(columns_at)(level, x, rows, inner, w, columns, first, last, y, stride);             \
    }                                                                                             \
    target static void NAMED(rows_##level)(const float *x, size_t rows, size_t inner,             \
                                           const WEIGHT *w, size_t first, size_t last, float *y,  \
                                           size_t stride) {                                       \
        NAMED(rows_at)(level, x, rows, inner, w, first, last, y, stride);                         \
    }
AT_LEVEL(0, )
#if FOX_HAS_LEVELS
AT_LEVEL(1, __attribute__((target("avx2,fma"))))
AT_LEVEL(2, __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))))
#endif
#undef AT_LEVEL

void NAMED(by_columns)(const float *x, size_t rows, size_t inner, const WEIGHT *w, size_t columns,
                       size_t first, size_t last, float *y, size_t stride) {
    switch (level_here()) {
#if FOX_HAS_LEVELS
    case 2: NAMED(columns_2)(x, rows, inner, w, columns, first, last, y, stride); break;
    case 1: NAMED(columns_1)(x, rows, inner, w, columns, first, last, y, stride); break;
#endif
    default: NAMED(columns_0)(x, rows, inner, w, columns, first, last, y, stride);
    }
}

void NAMED(by_rows)(const float *x, size_t rows, size_t inner, const WEIGHT *w, size_t first,
                    size_t last, float *y, size_t stride) {
    switch (level_here()) {
#if FOX_HAS_LEVELS
    case 2: NAMED(rows_2)(x, rows, inner, w, first, last, y, stride); break;
    case 1: NAMED(rows_1)(x, rows, inner, w, first, last, y, stride); break;
#endif
    default: NAMED(rows_0)(x, rows, inner, w, first, last, y, stride);
    }
}

#undef WEIGHT
#undef WIDEN
#undef WEIGHT_VALUE
#undef NAMED
#undef LINE
