#ifndef H
#define H
#define N 2 // 4
#define EPOCHS (3 * N)
#define LEARNING_RATE 0.01f
#if N == 2 && defined(H)
#define LAYER_0_WT { 0.5, -1.25e-1, 0x1p-3f, \
  N }
#elif N
#endif
static const float x[N][2] = { {1, -.5}, /* two */ {+3., 4e2F} };
#endif
