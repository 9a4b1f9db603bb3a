/* SPDX-License-Identifier: Apache-2.0 */
#include "library.h"

#include <math.h>
#include <string.h>

#define LIBRARY_LAYERS 8
#define LIBRARY_FLOATS 262144

struct library_layer {
  size_t inputs, outputs;
  enum library_function function;
  float *weights, *gradients, *values, *errors; /* a bias behind each row of weights */
};

struct library_model {
  enum library_loss loss;
  size_t count;
  struct library_layer layers[LIBRARY_LAYERS];
};

/* The library's own allocation: one model at a time, in memory of its own. */
static struct library_model the_model;
static float memory[LIBRARY_FLOATS];

struct library_model* library_new(size_t layer_count, const unsigned* sizes,
                                  const enum library_function* functions, enum library_loss loss) {
  size_t used = 0;
  if (layer_count > LIBRARY_LAYERS) return NULL;
  the_model.loss = loss;
  the_model.count = layer_count;
  for (size_t l = 0; l < layer_count; ++l) {
    struct library_layer* const layer = &the_model.layers[l];
    const size_t weights = sizes[l + 1] * (sizes[l] + 1);
    const size_t floats = 2 * (weights + sizes[l + 1]);
    if (floats > LIBRARY_FLOATS - used) return NULL;
    layer->inputs = sizes[l];
    layer->outputs = sizes[l + 1];
    layer->function = functions[l];
    layer->weights = memory + used;
    layer->gradients = layer->weights + weights;
    layer->values = layer->gradients + weights;
    layer->errors = layer->values + layer->outputs;
    used += floats;
  }
  memset(memory, 0, used * sizeof *memory);
  return &the_model;
}

void library_free(struct library_model* model) { model->count = 0; }

float* library_weight(struct library_model* model, size_t layer, size_t neuron, size_t input) {
  struct library_layer* const at = &model->layers[layer];
  return &at->weights[neuron * (at->inputs + 1) + input];
}

float library_output(const struct library_model* model, size_t layer, size_t neuron) {
  return model->layers[layer].values[neuron];
}

void library_predict(struct library_model* model, const float* input) {
  for (size_t l = 0; l < model->count; ++l) {
    const struct library_layer* const layer = &model->layers[l];
    const float* weight = layer->weights;
    for (size_t j = 0; j < layer->outputs; ++j) {
      float sum = 0;
      for (size_t i = 0; i < layer->inputs; ++i) sum += *weight++ * input[i];
      sum += *weight++;
      if (layer->function == LIBRARY_RELU && !(sum > 0)) sum = 0;
      if (layer->function == LIBRARY_TANH) sum = tanhf(sum);
      if (layer->function == LIBRARY_LOGISTIC) {
        const float power = expf(-fabsf(sum));
        sum = (sum > 0 ? 1.0f : power) / (1.0f + power);
      }
      layer->values[j] = sum;
    }
    input = layer->values;
  }
}

static float slope(const struct library_layer* layer, size_t neuron) {
  const float value = layer->values[neuron];
  if (layer->function == LIBRARY_RELU) return value > 0 ? 1.0f : 0.0f;
  if (layer->function == LIBRARY_TANH) return 1.0f - value * value;
  return layer->function == LIBRARY_LOGISTIC ? value * (1.0f - value) : 1.0f;
}

static void add_gradients(struct library_model* model, const float* input, const float* target) {
  library_predict(model, input);
  for (size_t l = model->count; l-- > 0;) {
    struct library_layer* const layer = &model->layers[l];
    const float* const before = l > 0 ? model->layers[l - 1].values : input;
    for (size_t j = 0; j < layer->outputs; ++j) {
      float* const gradient = &layer->gradients[j * (layer->inputs + 1)];
      float error = 0;
      if (l + 1 == model->count) {
        /* Of the cross-entropy by the sum in front of the logistic function. */
        error = layer->values[j] - target[j];
        if (model->loss == LIBRARY_SQUARES) error *= 2 * slope(layer, j);
      } else {
        const struct library_layer* const next = layer + 1;
        for (size_t k = 0; k < next->outputs; ++k)
          error += next->weights[k * (next->inputs + 1) + j] * next->errors[k];
        error *= slope(layer, j);
      }
      layer->errors[j] = error;
      for (size_t i = 0; i < layer->inputs; ++i) gradient[i] += layer->errors[j] * before[i];
      gradient[layer->inputs] += layer->errors[j];
    }
  }
}

void library_fit(struct library_model* model, const float* inputs, const float* targets,
                 size_t batch, float rate) {
  const struct library_layer* const last = &model->layers[model->count - 1];
  for (size_t l = 0; l < model->count; ++l) {
    struct library_layer* const layer = &model->layers[l];
    for (size_t k = 0; k < layer->outputs * (layer->inputs + 1); ++k) layer->gradients[k] = 0;
  }
  for (size_t s = 0; s < batch; ++s)
    add_gradients(model, inputs + s * model->layers[0].inputs, targets + s * last->outputs);
  for (size_t l = 0; l < model->count; ++l) {
    struct library_layer* const layer = &model->layers[l];
    for (size_t k = 0; k < layer->outputs * (layer->inputs + 1); ++k)
      layer->weights[k] -= rate * layer->gradients[k];
  }
}
