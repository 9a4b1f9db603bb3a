/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBRARY_H
#define LIBRARY_H

/*
 * A stand-in for your library, so that this folder builds as it is: memory of its own, one weight
 * at a time, batches, a loss that is the sum of the squares or the cross-entropy. Delete it.
 */
#include <stddef.h>

enum library_function { LIBRARY_LINEAR, LIBRARY_RELU, LIBRARY_LOGISTIC, LIBRARY_TANH };
enum library_loss { LIBRARY_SQUARES, LIBRARY_CROSS_ENTROPY };

struct library_model;

/* sizes: layer_count + 1 of them, inputs first. NULL where the memory is too small. */
struct library_model* library_new(size_t layer_count, const unsigned* sizes,
                                  const enum library_function* functions, enum library_loss loss);
void library_free(struct library_model* model);
/* Input `inputs`, one past the last, is the bias. */
float* library_weight(struct library_model* model, size_t layer, size_t neuron, size_t input);
float library_output(const struct library_model* model, size_t layer, size_t neuron);
void library_predict(struct library_model* model, const float* input);
/* Gradients of the batch's samples are added, and applied at its end. */
void library_fit(struct library_model* model, const float* inputs, const float* targets,
                 size_t batch, float rate);

#endif
