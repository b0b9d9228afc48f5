// OpenBLAS: products of matrices, and the few entry points that tell which kernels it runs.
#include <cblas.h>
