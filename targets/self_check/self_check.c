/* SPDX-License-Identifier: Apache-2.0 */
#include "self_check.h"

#include "port.h"

/* Of <string.h>, which compilers without a C library lack. */
#ifdef __cplusplus
extern "C" {
#endif
void* memcpy(void* to, const void* from, size_t count);
void* memmove(void* to, const void* from, size_t count);
void* memset(void* to, int byte, size_t count);
#ifdef __cplusplus
}
#endif

/* Kinds of cases, and of what is expected of a tensor: the bytes of vectors/src/export. */
#define OPERATION 0
#define STEP 1
#define EXACT 0
#define BINARY32 1
#define INTEGER 2
/* As the distance from the expected code: any code will do. */
#define ANY 0xffffffffu

#define CHUNK_BYTES 64
#define GUARD_BYTES 4

volatile struct lsgd_self_check_result lsgd_self_check_result;

/* With room for one element more, since the sample moves by that much from step to step. */
static float input[LSGD_CAPACITY_INPUTS + 1];
static float target[LSGD_CAPACITY_WIDTH + 1];
static uint32_t input_count, target_count, offset;

/* One impossible layer on either side: a port that looks beyond its network goes wrong. */
static struct lsgd_layer guarded_layers[LSGD_CAPACITY_LAYERS + 2];
static struct lsgd_network network;

static const unsigned char* name;
static int (*put)(int);
static int has_failed;

static void say(const char* text) {
  if (put != 0)
    for (; *text != '\0'; ++text) put(*text);
}

static void say_number(uint32_t number) {
  char digits[11];
  uint32_t at = sizeof digits - 1;
  digits[at] = '\0';
  do {
    digits[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  say(&digits[at]);
}

static void say_code(uint32_t code) {
  int shift;
  say("0x");
  for (shift = 28; shift >= 0; shift -= 4) {
    char digit[2];
    digit[0] = "0123456789abcdef"[code >> shift & 15];
    digit[1] = '\0';
    say(digit);
  }
}

/* Whether this is the case's first failure: only that has a line. */
static int is_first_failure(void) {
  if (has_failed) return 0;
  has_failed = 1;
  say("failed ");
  say((const char*)name);
  say(": ");
  return 1;
}

static void fail_status(const char* function, int status) {
  if (!is_first_failure()) return;
  say(function);
  say(" returned ");
  say_number((uint32_t)status);
  say("\n");
}

static uint32_t read_bytes(const unsigned char** bytes, uint32_t count) {
  uint32_t value = 0, i;
  for (i = 0; i < count; ++i) value |= (uint32_t) * (*bytes)++ << (8 * i);
  return value;
}

/* Seven bits to a byte, the low ones first. */
static uint32_t read_distance(const unsigned char** bytes) {
  uint32_t value = 0, shift = 0;
  for (;; shift += 7) {
    const unsigned char byte = *(*bytes)++;
    value |= (uint32_t)(byte & 127) << shift;
    if (byte < 128) return value;
  }
}

static void read_floats(const unsigned char** bytes, float* floats, uint32_t count) {
  uint32_t i;
  for (i = 0; i < count; ++i) {
    const uint32_t bits = read_bytes(bytes, 4);
    memcpy(&floats[i], &bits, sizeof bits);
  }
}

static void skip_name(const unsigned char** bytes) {
  name = *bytes;
  while (*(*bytes)++ != '\0') continue;
}

/* Codes in the order of the numbers that they stand for. */
static uint32_t key_of(uint32_t code, int kind) {
  if (kind == INTEGER || (code & 0x80000000u) == 0) return code ^ 0x80000000u;
  return ~code;
}

/* A tensor that is given, or expected. */
struct tensor {
  enum lsgd_tensor number;
  uint16_t layer;
  uint32_t code_bytes;
  uint32_t count;
};

static struct tensor read_tensor(const unsigned char** bytes) {
  struct tensor tensor;
  tensor.number = (enum lsgd_tensor)read_bytes(bytes, 1);
  tensor.layer = (uint16_t)read_bytes(bytes, 1);
  tensor.code_bytes = read_bytes(bytes, 1);
  tensor.count = read_bytes(bytes, 4);
  return tensor;
}

static void load_tensors(const unsigned char** bytes) {
  uint32_t tensors = read_bytes(bytes, 1);
  for (; tensors > 0; --tensors) {
    const struct tensor tensor = read_tensor(bytes);
    const uint32_t size = tensor.count * tensor.code_bytes;
    const int status = lsgd_port_load(tensor.number, tensor.layer, 0, *bytes, size);
    if (status != LSGD_OK) fail_status("lsgd_port_load", status);
    *bytes += size;
  }
}

/* Part of a tensor, as the port stores it. */
static unsigned char chunk[CHUNK_BYTES + GUARD_BYTES];
static uint32_t chunk_start, chunk_end;

static uint32_t stored_code(const struct tensor* tensor, uint32_t index) {
  const unsigned char* at;
  const uint32_t position = index * tensor->code_bytes;
  if (position < chunk_start || position >= chunk_end) {
    uint32_t i, size = tensor->count * tensor->code_bytes - position;
    int status;
    if (size > CHUNK_BYTES) size = CHUNK_BYTES;
    memset(chunk, 0xa5, sizeof chunk);
    status = lsgd_port_store(tensor->number, tensor->layer, position, chunk, size);
    if (status != LSGD_OK) fail_status("lsgd_port_store", status);
    for (i = size; i < size + GUARD_BYTES; ++i)
      if (chunk[i] != 0xa5 && is_first_failure()) say("lsgd_port_store wrote beyond its bytes\n");
    chunk_start = position;
    chunk_end = position + size;
  }
  at = &chunk[position - chunk_start];
  return read_bytes(&at, tensor->code_bytes);
}

static void say_tensor(const struct tensor* tensor, uint32_t index) {
  static const char* const names[LSGD_TENSORS] = {"W",
                                                  "b",
                                                  "a",
                                                  "W.fraction_bits",
                                                  "b.fraction_bits",
                                                  "x",
                                                  "t",
                                                  "random_state",
                                                  "W.scale",
                                                  "W.zero_point",
                                                  "a.scale",
                                                  "a.zero_point",
                                                  "x.scale",
                                                  "x.zero_point"};
  say(names[tensor->number]);
  say(" of layer ");
  say_number(tensor->layer);
  say("[");
  say_number(index);
  say("]");
}

static void fail_code(const struct tensor* tensor, uint32_t index, uint32_t code, uint32_t expected,
                      uint32_t below, uint32_t above) {
  if (!is_first_failure()) return;
  say_tensor(tensor, index);
  say(" is ");
  say_code(code);
  say(", expected ");
  say_code(expected);
  if (below != 0 || above != 0) {
    say(" -");
    say_number(below);
    say("..+");
    say_number(above);
  }
  say("\n");
}

/* Whether a code is among the further ones that will do. */
static int is_also(const unsigned char* also, uint32_t index, uint32_t code) {
  uint32_t count = read_bytes(&also, 2);
  for (; count > 0; --count) {
    const uint32_t at = read_bytes(&also, 4);
    if (read_bytes(&also, 4) == code && at == index) return 1;
  }
  return 0;
}

static void skip_elements(const unsigned char** bytes, const struct tensor* tensor, int kind) {
  uint32_t i;
  for (i = 0; i < tensor->count; ++i) {
    *bytes += tensor->code_bytes;
    if (kind != EXACT) {
      read_distance(bytes);
      read_distance(bytes);
    }
  }
}

static void check_tensor(const unsigned char** bytes) {
  const struct tensor tensor = read_tensor(bytes);
  const int kind = (int)read_bytes(bytes, 1);
  const unsigned char* also = *bytes;
  uint32_t i;
  skip_elements(&also, &tensor, kind);
  chunk_start = chunk_end = 0;
  for (i = 0; i < tensor.count; ++i) {
    const uint32_t expected = read_bytes(bytes, tensor.code_bytes);
    const uint32_t below = kind == EXACT ? 0 : read_distance(bytes);
    const uint32_t above = kind == EXACT ? 0 : read_distance(bytes);
    const uint32_t code = stored_code(&tensor, i);
    const uint32_t key = key_of(code, kind), middle = key_of(expected, kind);
    if (code == expected || below == ANY) continue;
    if (key < middle ? middle - key <= below : key - middle <= above) continue;
    if (!is_also(also, i, code)) fail_code(&tensor, i, code, expected, below, above);
  }
  *bytes = also;
  *bytes += 2 + 8 * (uint32_t)(also[0] | also[1] << 8);
}

static void check_tensors(const unsigned char** bytes) {
  uint32_t tensors = read_bytes(bytes, 1);
  for (; tensors > 0; --tensors) check_tensor(bytes);
}

/* Fills all of an array but `count` elements from `start` with NaN: a port that looks beyond its
   sample goes wrong. */
static void guard(float* array, uint32_t size, uint32_t start, uint32_t count) {
  uint32_t i;
  for (i = 0; i < size; ++i)
    if (i < start || i >= start + count) memset(&array[i], 0xff, sizeof array[i]);
}

static void move_sample(void) {
  const uint32_t moved = offset ^ 1;
  memmove(input + moved, input + offset, input_count * sizeof *input);
  memmove(target + moved, target + offset, target_count * sizeof *target);
  offset = moved;
  guard(input, LSGD_CAPACITY_INPUTS + 1, offset, input_count);
  guard(target, LSGD_CAPACITY_WIDTH + 1, offset, target_count);
}

/* The sample as the case has it: a port writes neither to it nor beside it. */
static const unsigned char* given_sample;

static void check_sample(void) {
  const unsigned char* bytes = given_sample;
  int is_same = 1;
  uint32_t i;
  for (i = 0; i < input_count + target_count; ++i) {
    const uint32_t expected = read_bytes(&bytes, 4);
    uint32_t bits;
    const float* const at =
        i < input_count ? input + offset + i : target + offset + i - input_count;
    memcpy(&bits, at, sizeof bits);
    if (bits != expected) is_same = 0;
  }
  if (!is_same && is_first_failure()) say("the port wrote to the sample\n");
}

static void forward(void) {
  int status;
  move_sample();
  status = lsgd_port_forward(input + offset);
  if (status != LSGD_OK) fail_status("lsgd_port_forward", status);
  check_sample();
}

static void train_step(float learning_rate) {
  int status;
  move_sample();
  status = lsgd_port_train_step(input + offset, target + offset, learning_rate);
  if (status != LSGD_OK) fail_status("lsgd_port_train_step", status);
  check_sample();
}

/* What a case is behind its shape: given, after a step, after a further forward pass. */
static void run_step(const unsigned char* bytes, float learning_rate) {
  load_tensors(&bytes);
  train_step(learning_rate);
  check_tensors(&bytes);
  forward();
  check_tensors(&bytes);
}

/* Reads a network; 0 where it is larger than the arrays here. */
static int read_network(const unsigned char** bytes) {
  struct lsgd_layer* const layers = guarded_layers + 1;
  uint32_t i, count, width = 0;
  memset(guarded_layers, 0xff, sizeof guarded_layers);
  guarded_layers[0].activation = LSGD_ACTIVATION_TANH;
  network.loss = (uint8_t)read_bytes(bytes, 1);
  count = read_bytes(bytes, 1);
  input_count = read_bytes(bytes, 2);
  for (i = 0; i < count; ++i) {
    const uint32_t outputs = read_bytes(bytes, 2);
    const uint32_t activation = read_bytes(bytes, 1);
    if (outputs > width) width = outputs;
    if (i >= LSGD_CAPACITY_LAYERS) continue;
    layers[i].inputs = i == 0 ? (uint16_t)input_count : layers[i - 1].outputs;
    layers[i].outputs = (uint16_t)outputs;
    layers[i].activation = (uint8_t)activation;
    target_count = outputs;
  }
  network.layers = layers;
  network.layer_count = (uint16_t)count;
  return count <= LSGD_CAPACITY_LAYERS && input_count <= LSGD_CAPACITY_INPUTS &&
         width <= LSGD_CAPACITY_WIDTH;
}

/* Returns 0 where the port does not have the network. */
static int check_step(const unsigned char* bytes) {
  float learning_rate;
  int status;
  if (!read_network(&bytes)) return 0;
  read_floats(&bytes, &learning_rate, 1);
  status = lsgd_port_configure(&network);
  if (status == LSGD_UNSUPPORTED || status == LSGD_CAPACITY_EXCEEDED) return 0;
  if (status != LSGD_OK) {
    fail_status("lsgd_port_configure", status);
    return 1;
  }
  offset = 0;
  given_sample = bytes;
  read_floats(&bytes, input, input_count);
  read_floats(&bytes, target, target_count);
  /* A second time, after a forward pass and without configuring again: nothing may remain. */
  run_step(bytes, learning_rate);
  run_step(bytes, learning_rate);
  return 1;
}

/* Returns 0 where the port does not offer the operation. */
static int check_operation(const unsigned char* bytes) {
  const enum lsgd_operation operation = (enum lsgd_operation)read_bytes(&bytes, 1);
  const uint32_t a = read_bytes(&bytes, 4), b = read_bytes(&bytes, 4);
  const uint32_t expected = read_bytes(&bytes, 4);
  uint32_t also = read_bytes(&bytes, 1), result = 0;
  const int status = lsgd_port_arithmetic(operation, a, b, &result);
  if (status == LSGD_UNSUPPORTED) return 0;
  if (status != LSGD_OK) {
    fail_status("lsgd_port_arithmetic", status);
    return 1;
  }
  for (; also > 0; --also)
    if (read_bytes(&bytes, 4) == result) return 1;
  if (result != expected && is_first_failure()) {
    say("is ");
    say_code(result);
    say(", expected ");
    say_code(expected);
    say("\n");
  }
  return 1;
}

int lsgd_self_check(int (*put_character)(int character)) {
  const unsigned char* bytes = lsgd_self_check_part.bytes;
  uint32_t passed = 0, failed = 0, skipped = 0, i;
  put = put_character;
  lsgd_self_check_result.is_done = 0;
  for (i = 0; i < lsgd_self_check_part.count; ++i) {
    const uint32_t size = read_bytes(&bytes, 4);
    const unsigned char* at = bytes;
    const uint32_t kind = read_bytes(&at, 1);
    int was_run;
    skip_name(&at);
    has_failed = 0;
    was_run = kind == OPERATION ? check_operation(at) : check_step(at);
    if (!was_run)
      ++skipped;
    else if (has_failed)
      ++failed;
    else
      ++passed;
    lsgd_self_check_result.passed = passed;
    lsgd_self_check_result.failed = failed;
    lsgd_self_check_result.skipped = skipped;
    bytes += size;
  }
  say_number(passed);
  say(" passed, ");
  say_number(failed);
  say(" failed");
  if (skipped != 0) {
    say(", ");
    say_number(skipped);
    say(" skipped");
  }
  say("\n");
  lsgd_self_check_result.is_done = 1;
  return passed > 0 && failed == 0 ? 0 : 1;
}
