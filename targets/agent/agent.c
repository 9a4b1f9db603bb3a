/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <stddef.h>
#include <string.h>

#include "build_identity.h"
#include "frame.h"
#include "lsgd/platform.h"
#include "lsgd/port.h"
#include "lsgd/protocol.h"
#include "sample.h"
#include "stack.h"

/** A network's layers with one on either side, impossible ones: a port that looks beyond its
 * network goes wrong for all to see. */
static struct lsgd_layer guarded_layers[1 + LSGD_CAPACITY_LAYERS + 1];
static struct lsgd_layer* const layers = &guarded_layers[1];
static struct lsgd_network network; /* layer_count is 0 while there is none */

static uint16_t expected_sequence;
static uint8_t last_status; /* of the request before that one */

/* As MEASURE answers it. */
static struct {
  uint64_t cycles;
  uint64_t instructions;
  uint32_t stack_bytes;
  uint32_t heap_bytes;
} measured;

static uint8_t* const payload = &lsgd_frame[LSGD_FRAME_HEADER];

/** Data of a reply, behind its status. */
static uint8_t* const reply_data = &lsgd_frame[LSGD_FRAME_HEADER + 1];

static uint16_t read_u16(const uint8_t* bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }

static uint32_t read_u32(const uint8_t* bytes) {
  return read_u16(bytes) | (uint32_t)read_u16(bytes + 2) << 16;
}

/** The wire's description of a port is the memory's, up to the name: there are no gaps, and the
 * processors that the agent is for are little-endian. */
#define DESCRIPTION_BYTES offsetof(struct lsgd_port_description, name)
typedef char description_has_no_gaps
    [DESCRIPTION_BYTES == 4 * 2 + sizeof(struct lsgd_arithmetic) + 2 * 4 ? 1 : -1];

/*
 * Each request's function takes the length of its payload, leaves the data of its reply behind the
 * status and their length in *reply_bytes (0 on entry), and returns the status.
 */

static int hello(uint32_t length, uint32_t* reply_bytes) {
  if (length != 5) return LSGD_STATUS_BAD_LENGTH;
  lsgd_frame_start_session(read_u32(&payload[1]));
  if (payload[0] != LSGD_PROTOCOL) return LSGD_STATUS_BAD_VERSION;

  const struct lsgd_port_description* port = lsgd_port_describe();
  uint8_t* end = reply_data;
  *end++ = LSGD_PROTOCOL;
  memcpy(end, port, DESCRIPTION_BYTES);
  end += DESCRIPTION_BYTES;
  memcpy(end, lsgd_build_identity, LSGD_BUILD_IDENTITY_BYTES);
  end += LSGD_BUILD_IDENTITY_BYTES;
  for (const char* name = port->name; *name != '\0' && end != payload + LSGD_PAYLOAD_MAXIMUM;)
    *end++ = (uint8_t)*name++;
  *reply_bytes = (uint32_t)(end - reply_data);
  return LSGD_OK;
}

/** Fills layers from a CONFIGURE request of `count` layers; false if a shape is not well formed. */
static int read_layers(uint32_t count) {
  uint16_t inputs = read_u16(&payload[1]);
  memset(guarded_layers, 0xff, sizeof guarded_layers);
  /* What is no activation may pass for the identity. Where the format of numbers is fixed, outputs
     of the identity may have that of the network's inputs, and those of tanh have not; where
     weights have fraction bits of their own it is the other way round. */
  if (lsgd_port_describe()->arithmetic.tensors[LSGD_TENSOR_WEIGHT_FRACTION_BITS].bytes == 0)
    guarded_layers[0].activation = LSGD_ACTIVATION_TANH;
  uint8_t activation = 0;
  for (uint32_t l = 0; l < count; ++l) {
    const uint8_t* shape = &payload[3 + 3 * l];
    /* Softmax is of the output layer alone. */
    if (inputs == 0 || activation == LSGD_ACTIVATION_SOFTMAX) return 0;
    layers[l].inputs = inputs;
    layers[l].outputs = inputs = read_u16(shape);
    layers[l].activation = activation = shape[2];
    if (activation >= LSGD_ACTIVATIONS) return 0;
  }
  /* BCE requires sigmoid, 2, cross entropy softmax, 5. */
  const uint8_t loss = payload[0];
  return inputs != 0 && loss < LSGD_LOSSES &&
         (activation == 3 * loss - 1 ||
          (loss == LSGD_LOSS_MSE && activation != LSGD_ACTIVATION_SOFTMAX));
}

static int fits_the_port(uint32_t count) {
  const struct lsgd_port_description* port = lsgd_port_describe();
  uint32_t activations = 0;
  uint32_t parameters = 0;
  if (count > port->layers || layers[0].inputs > port->inputs) return 0;
  for (uint32_t l = 0; l < count; ++l) {
    const uint32_t outputs = layers[l].outputs;
    if (outputs > port->width) return 0;
    activations += outputs;
    /* Checked at once: 65535 * 65536 fits in 32 bits, a sum of two such products would not. */
    const uint32_t added = outputs * (layers[l].inputs + 1u);
    if (added > port->parameters - parameters) return 0;
    parameters += added;
  }
  return activations <= port->activations;
}

/** Where the sample begins in its arrays, 0 or 1. */
static uint32_t sample_offset;

/** The sample becomes zero. Behind it lie NaNs: a port that looks beyond its sample goes wrong for
 * all to see. */
static void clear_sample(uint32_t inputs, uint32_t outputs) {
  memset(lsgd_sample_input, 0xff, sizeof lsgd_sample_input);
  memset(lsgd_sample_target, 0xff, sizeof lsgd_sample_target);
  sample_offset = 0;
  memset(lsgd_sample_input, 0, inputs * sizeof *lsgd_sample_input);
  memset(lsgd_sample_target, 0, outputs * sizeof *lsgd_sample_target);
}

static int configure(uint32_t length, uint32_t* reply_bytes) {
  (void)reply_bytes;
  network.layer_count = 0;
  if (length < 3 || length % 3 != 0) return LSGD_STATUS_BAD_LENGTH;
  const uint32_t count = length / 3 - 1;
  if (count == 0) return LSGD_STATUS_BAD_NETWORK;
  if (count > LSGD_CAPACITY_LAYERS) return LSGD_CAPACITY_EXCEEDED;
  if (!read_layers(count)) return LSGD_STATUS_BAD_NETWORK;
  if (!fits_the_port(count)) return LSGD_CAPACITY_EXCEEDED;

  clear_sample(layers[0].inputs, layers[count - 1].outputs);
  memset(&measured, 0, sizeof measured);
  (void)lsgd_stack_used_deeper();
  network.layers = layers;
  network.layer_count = (uint16_t)count;
  network.loss = payload[0];
  const int status = lsgd_port_configure(&network);
  if (status != LSGD_OK) network.layer_count = 0;
  return status;
}

/** The tensor that a request names: where the agent holds it, or NULL for one of the port's, and
 * its size. 0 bytes if the network has no such tensor. */
static struct {
  float* sample;
  uint32_t bytes;
  uint32_t code_bytes;
  uint8_t tensor;
  uint8_t layer;
} named;

static void name_tensor(const uint8_t* tensor_and_layer) {
  const uint8_t tensor = named.tensor = tensor_and_layer[0];
  const uint8_t layer_number = named.layer = tensor_and_layer[1];
  named.sample = NULL;
  named.bytes = 0;
  named.code_bytes = sizeof(float);
  if (tensor >= LSGD_TENSORS || layer_number > network.layer_count) return;
  const struct lsgd_codes* codes = &lsgd_port_describe()->arithmetic.tensors[tensor];
  uint32_t count = 1;
  if (tensor == LSGD_TENSOR_INPUT || tensor == LSGD_TENSOR_TARGET) {
    if (layer_number != 0) return;
    named.sample =
        (tensor == LSGD_TENSOR_INPUT ? lsgd_sample_input : lsgd_sample_target) + sample_offset;
    count =
        tensor == LSGD_TENSOR_INPUT ? layers[0].inputs : layers[network.layer_count - 1].outputs;
  } else {
    if ((layer_number == 0) != (codes->extent == LSGD_PER_NETWORK)) return;
    const struct lsgd_layer* layer = &layers[layer_number - 1];
    if (codes->extent >= LSGD_PER_NEURON) count = layer->outputs;
    if (codes->extent == LSGD_PER_WEIGHT) count *= layer->inputs;
    named.code_bytes = codes->bytes;
  }
  named.bytes = count * named.code_bytes;
}

/** Whether the named tensor has these bytes; codes have 1, 2, 4 or 8. */
static int has_bytes(uint32_t offset, uint32_t count) {
  return count <= named.bytes && offset <= named.bytes - count &&
         ((offset | count) & (named.code_bytes - 1)) == 0;
}

/** Bytes of a tensor that are worked on at a time, in the frame's end: behind the tensors that a
 * request names, and behind the low bytes that are answered. */
#define PIECE_BYTES 64u
static uint8_t* const piece = &lsgd_frame[LSGD_FRAME_HEADER + LSGD_PAYLOAD_MAXIMUM - PIECE_BYTES];

/** Status of a request that needs a network. */
static __attribute__((noinline)) int status_with_network(int has_right_length) {
  if (!has_right_length) return LSGD_STATUS_BAD_LENGTH;
  return network.layer_count == 0 ? (int)LSGD_STATUS_NOT_CONFIGURED : (int)LSGD_OK;
}

static __attribute__((noinline)) int load_named(uint32_t offset, const uint8_t* bytes,
                                                uint32_t count) {
  if (named.sample == NULL)
    return lsgd_port_load((enum lsgd_tensor)named.tensor, named.layer, offset, bytes, count);
  memcpy((uint8_t*)named.sample + offset, bytes, count);
  return LSGD_OK;
}

static int load(uint32_t length, uint32_t* reply_bytes) {
  (void)reply_bytes;
  const int status = status_with_network(length >= 7);
  if (status != LSGD_OK) return status;
  const uint32_t offset = read_u32(&payload[2]);
  const uint32_t count = length - 6;
  name_tensor(payload);
  if (named.tensor == LSGD_TENSOR_ACTIVATIONS || !has_bytes(offset, count))
    return LSGD_STATUS_BAD_TENSOR;
  return load_named(offset, &payload[6], count);
}

/** Copies bytes of the named tensor. Behind them is a place that nothing lies in yet: a port that
 * stores more than it was asked for changes it. */
static __attribute__((noinline)) int store_named(uint32_t offset, uint8_t* bytes, uint32_t count) {
  if (named.sample != NULL) {
    memcpy(bytes, (const uint8_t*)named.sample + offset, count);
    return LSGD_OK;
  }
  uint8_t* const behind = bytes + count;
  memset(behind, 0xff, LSGD_FRAME_CRC);
  const int status =
      lsgd_port_store((enum lsgd_tensor)named.tensor, named.layer, offset, bytes, count);
  for (uint32_t i = 0; i < LSGD_FRAME_CRC; ++i)
    if (behind[i] != 0xff) return LSGD_STATUS_OVERRUN;
  return status;
}

static uint32_t piece_of(uint32_t left) { return left < PIECE_BYTES ? left : PIECE_BYTES; }

static int store(uint32_t length, uint32_t* reply_bytes, uint32_t is_low) {
  int status = status_with_network(length == 7 + is_low);
  if (status != LSGD_OK) return status;
  uint32_t offset = read_u32(&payload[2]);
  uint32_t left = payload[6];
  const uint32_t low = payload[7];
  name_tensor(payload);
  if (left == 0 || left > LSGD_STORE_MAXIMUM) return LSGD_STATUS_BAD_TENSOR;
  if (is_low) {
    if (low == 0 || left * low > LSGD_STORE_LOW_MAXIMUM || low >= named.code_bytes)
      return LSGD_STATUS_BAD_TENSOR;
    left *= named.code_bytes;
  }
  if (!has_bytes(offset, left)) return LSGD_STATUS_BAD_TENSOR;
  if (!is_low) {
    *reply_bytes = left;
    return store_named(offset, reply_data, left);
  }
  uint8_t* end = reply_data;
  while (left != 0 && status == LSGD_OK) {
    const uint32_t count = piece_of(left);
    status = store_named(offset, piece, count);
    for (uint32_t code = 0; code != count; code += named.code_bytes)
      for (uint32_t i = 0; i != low; ++i) *end++ = piece[code + i];
    offset += count;
    left -= count;
  }
  *reply_bytes = (uint32_t)(end - reply_data);
  return status;
}

/** Of all tensors that the request names; each piece is loaded again if it says so. */
static int digest(uint32_t length, uint32_t* reply_bytes, int is_reloaded) {
  int status = status_with_network(length % 2 == 0 && length - 1 < 2 * LSGD_DIGEST_MAXIMUM);
  uint32_t crc = 0;
  for (uint32_t position = 0; position != length && status == LSGD_OK; position += 2) {
    name_tensor(&payload[position]);
    if (named.bytes == 0 || (is_reloaded && named.tensor == LSGD_TENSOR_ACTIVATIONS))
      return LSGD_STATUS_BAD_TENSOR;
    for (uint32_t offset = 0; offset < named.bytes && status == LSGD_OK; offset += PIECE_BYTES) {
      const uint32_t count = piece_of(named.bytes - offset);
      status = store_named(offset, piece, count);
      crc = lsgd_frame_crc(piece, count, crc);
      if (status == LSGD_OK && is_reloaded) status = load_named(offset, piece, count);
    }
  }
  memcpy(reply_data, &crc, sizeof crc);
  *reply_bytes = sizeof crc;
  return status;
}

/** Moves `count` elements between the first and the second place of an array, and leaves a NaN. */
static __attribute__((noinline)) void move_elements(float* array, uint32_t count) {
  memmove(array + (sample_offset ^ 1), array + sample_offset, count * sizeof *array);
  array[count * sample_offset] = __builtin_nanf("");
}

/** Moves the sample: a port that kept a pointer to it finds something else there. */
static __attribute__((noinline)) void move_sample(void) {
  move_elements(lsgd_sample_input, layers[0].inputs);
  move_elements(lsgd_sample_target, layers[network.layer_count - 1].outputs);
  sample_offset ^= 1;
}

/** Runs one step, or only the forward pass without a learning rate, and measures it. */
static __attribute__((noinline)) int run_measured(const float* learning_rate) {
  move_sample();
  lsgd_stack_paint();
  const uint64_t cycles = lsgd_platform_cycles();
  const uint64_t instructions = lsgd_platform_instructions();
  const int status = learning_rate != NULL
                         ? lsgd_port_train_step(lsgd_sample_input + sample_offset,
                                                lsgd_sample_target + sample_offset, *learning_rate)
                         : lsgd_port_forward(lsgd_sample_input + sample_offset);
  measured.instructions = lsgd_platform_instructions() - instructions;
  measured.cycles = lsgd_platform_cycles() - cycles;
  measured.stack_bytes = lsgd_stack_used(__builtin_frame_address(0));
  return status;
}

static int forward(uint32_t length, uint32_t* reply_bytes) {
  (void)reply_bytes;
  const int status = status_with_network(length == 0);
  return status != LSGD_OK ? status : run_measured(NULL);
}

static int train_step(uint32_t length, uint32_t* reply_bytes) {
  (void)reply_bytes;
  float learning_rate;
  const int status = status_with_network(length == sizeof learning_rate);
  if (status != LSGD_OK) return status;
  memcpy(&learning_rate, payload, sizeof learning_rate);
  return run_measured(&learning_rate);
}

static int arithmetic(uint32_t length, uint32_t* reply_bytes) {
  if (length < 9 || (length - 1) % 8 != 0) return LSGD_STATUS_BAD_LENGTH;
  const enum lsgd_operation operation = (enum lsgd_operation)payload[0];
  /* In place: result i ends at byte 5 + 4 * i at the latest, the operands of i + 1 begin at 9 + 8 *
   * i. */
  for (uint32_t position = 1; position != length; position += 8) {
    uint32_t result;
    const int status = lsgd_port_arithmetic(operation, read_u32(&payload[position]),
                                            read_u32(&payload[position + 4]), &result);
    if (status != LSGD_OK) return status;
    memcpy(reply_data + *reply_bytes, &result, sizeof result);
    *reply_bytes += 4;
  }
  return LSGD_OK;
}

static int measure(uint32_t length, uint32_t* reply_bytes) {
  if (length != 0) return LSGD_STATUS_BAD_LENGTH;
  const uint32_t deeper = lsgd_stack_used_deeper();
  if (deeper != 0) measured.stack_bytes = deeper;
  measured.heap_bytes = lsgd_platform_heap_bytes();
  memcpy(reply_data, &measured, sizeof measured);
  *reply_bytes = sizeof measured;
  return LSGD_OK;
}

static int quit(uint32_t length, uint32_t* reply_bytes) {
  (void)reply_bytes;
  if (length != 0) return LSGD_STATUS_BAD_LENGTH;
  return LSGD_OK;
}

static int answer(uint8_t opcode, uint32_t length, uint32_t* reply_bytes) {
  switch (opcode) {
    case LSGD_OPCODE_HELLO:
      return hello(length, reply_bytes);
    case LSGD_OPCODE_CONFIGURE:
      return configure(length, reply_bytes);
    case LSGD_OPCODE_LOAD:
      return load(length, reply_bytes);
    case LSGD_OPCODE_STORE:
    case LSGD_OPCODE_STORE_LOW:
      return store(length, reply_bytes, opcode == LSGD_OPCODE_STORE_LOW);
    case LSGD_OPCODE_FORWARD:
      return forward(length, reply_bytes);
    case LSGD_OPCODE_TRAIN_STEP:
      return train_step(length, reply_bytes);
    case LSGD_OPCODE_ARITHMETIC:
      return arithmetic(length, reply_bytes);
    case LSGD_OPCODE_MEASURE:
      return measure(length, reply_bytes);
    case LSGD_OPCODE_QUIT:
      return quit(length, reply_bytes);
    case LSGD_OPCODE_DIGEST:
    case LSGD_OPCODE_RELOAD:
      return digest(length, reply_bytes, opcode == LSGD_OPCODE_RELOAD);
    default:
      return LSGD_STATUS_UNKNOWN_OPCODE;
  }
}

void lsgd_agent_run(void) {
  while (lsgd_frame_receive()) {
    const uint32_t length = lsgd_frame[2];
    const uint8_t opcode = lsgd_frame[3];
    const uint16_t sequence = read_u16(&lsgd_frame[4]);
    uint32_t reply_bytes = 0;
    int status = LSGD_STATUS_BAD_SEQUENCE;
    if (opcode == LSGD_OPCODE_HELLO || sequence == expected_sequence) {
      expected_sequence = (uint16_t)(sequence + 1);
      status = answer(opcode, length, &reply_bytes);
      last_status = (uint8_t)status;
    } else if ((uint16_t)(sequence + 1) == expected_sequence) {
      status = last_status;
    }
    payload[0] = (uint8_t)status;
    lsgd_frame_send((uint8_t)(status == LSGD_OK ? 1 + reply_bytes : 1));
    if (opcode == LSGD_OPCODE_HELLO && status == LSGD_OK) lsgd_frame_add_build_identity();
    if (opcode == LSGD_OPCODE_QUIT && status == LSGD_OK) return;
  }
}
