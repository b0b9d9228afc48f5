#include "CFoxKernels.h"

static _Thread_local int depth;

int fox_loop_depth(void) { return depth; }
void fox_enter_loop(void) { depth++; }
void fox_leave_loop(void) { depth--; }
