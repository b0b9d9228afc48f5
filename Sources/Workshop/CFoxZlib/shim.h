// zlib: inflate and CRC-32. What zlib defines as a macro, Swift does not see.
#include <zlib.h>

// Gets ready for deflated bytes without a header of their own, as zip archives hold them.
static inline int fox_inflate_start(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }
