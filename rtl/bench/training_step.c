// SPDX-License-Identifier: Apache-2.0
// Float32 training steps of a 6-32-16-4 network (tanh, tanh, sigmoid, cross-entropy) through libgcc's
// soft float: the instruction mix the core is designed for. Prints, in decimal, the cycles and
// instructions of the steps after the first, and a checksum of the parameters.
#include <math.h>
#include <stdint.h>

enum { kLayers = 3, kWidest = 32, kSteps = 16 };
static const int sizes[kLayers + 1] = {6, 32, 16, 4};

static float weights[32 * 6 + 16 * 32 + 4 * 16];
static float biases[32 + 16 + 4];
static float activations[6 + 32 + 16 + 4];
static float deltas[2][kWidest];

static uint32_t random_state = 1;
static float random_value(void) {  // in [-0.5, 0.5)
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return (float)(int32_t)random_state * 0x1p-32f;
}

static float activation(int layer, float z) {
  return layer == kLayers - 1 ? 1.0f / (1.0f + expf(-z)) : tanhf(z);
}

static void forward(void) {
  const float* w = weights;
  const float* b = biases;
  const float* in = activations;
  for (int l = 0; l < kLayers; ++l) {
    float* out = (float*)in + sizes[l];
    for (int j = 0; j < sizes[l + 1]; ++j) {
      float sum = *b++;
      for (int i = 0; i < sizes[l]; ++i) sum += *w++ * in[i];
      out[j] = activation(l, sum);
    }
    in = out;
  }
}

static void backward(int target, float learning_rate) {
  const float* a = activations + 6 + 32 + 16;
  float* w = weights + 32 * 6 + 16 * 32;
  float* b = biases + 32 + 16;
  float* delta = deltas[0];
  float* previous = deltas[1];
  for (int j = 0; j < sizes[kLayers]; ++j) delta[j] = a[j] - (j == target ? 1.0f : 0.0f);
  for (int l = kLayers - 1; l >= 0; --l) {
    a -= sizes[l];
    if (l > 0) {
      for (int i = 0; i < sizes[l]; ++i) {
        float sum = 0.0f;
        for (int j = 0; j < sizes[l + 1]; ++j) sum += w[j * sizes[l] + i] * delta[j];
        previous[i] = sum * (1.0f - a[i] * a[i]);
      }
    }
    for (int j = 0; j < sizes[l + 1]; ++j) {
      const float step = learning_rate * delta[j];
      for (int i = 0; i < sizes[l]; ++i) w[j * sizes[l] + i] -= step * a[i];
      b[j] -= step;
    }
    if (l > 0) {
      w -= sizes[l] * sizes[l - 1];
      b -= sizes[l];
    }
    float* swap = delta;
    delta = previous;
    previous = swap;
  }
}

static void print(uint32_t value, char end) {
  char digits[11];
  int n = 0;
  do {
    digits[n++] = (char)('0' + value % 10);
    value /= 10;
  } while (value != 0);
  volatile uint8_t* data = (volatile uint8_t*)0x10000000;
  while (n > 0) *data = (uint8_t)digits[--n];
  *data = (uint8_t)end;
}

#define READ_CSR(name)                                  \
  ({                                                    \
    uint32_t value;                                     \
    __asm__ volatile("csrr %0, " #name : "=r"(value));  \
    value;                                              \
  })

int main(void) {
  for (unsigned i = 0; i < sizeof weights / sizeof *weights; ++i) weights[i] = random_value();
  for (unsigned i = 0; i < sizeof biases / sizeof *biases; ++i) biases[i] = random_value();
  uint32_t cycles = 0;
  uint32_t instructions = 0;
  for (int step = 0; step <= kSteps; ++step) {
    for (int i = 0; i < 6; ++i) activations[i] = random_value() + 0.5f;
    const uint32_t cycle_before = READ_CSR(mcycle);
    const uint32_t instruction_before = READ_CSR(minstret);
    forward();
    backward(step & 3, 0.01f);
    if (step > 0) {
      cycles += READ_CSR(mcycle) - cycle_before;
      instructions += READ_CSR(minstret) - instruction_before;
    }
  }
  uint32_t checksum = 0;
  for (unsigned i = 0; i < sizeof weights / sizeof *weights; ++i) {
    union {
      float value;
      uint32_t bits;
    } parameter = {weights[i]};
    checksum = checksum * 31 + parameter.bits;
  }
  print(cycles, ' ');
  print(instructions, ' ');
  print(checksum, '\n');
  return 0;
}
