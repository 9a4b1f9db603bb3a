/* SPDX-License-Identifier: Apache-2.0 */

/* A process of the host: the byte stream is standard input and output. */
#define _DEFAULT_SOURCE
#include "lsgd/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"
#include "lsgd/protocol.h"

/** Far more than the ports use, and far less than a process has. */
#define OBSERVED_STACK_BYTES 65536

static uint8_t unsent[16 * LSGD_FRAME_MAXIMUM];
static size_t unsent_bytes;

static void send_replies(void) {
  const uint8_t* bytes = unsent;
  while (unsent_bytes > 0) {
    const ssize_t written = write(STDOUT_FILENO, bytes, unsent_bytes);
    if (written < 0 && errno != EINTR) _exit(EXIT_FAILURE);
    if (written > 0) {
      bytes += written;
      unsent_bytes -= (size_t)written;
    }
  }
}

/* Replies leave together, before the next request is waited for: the host that sends many requests
 * at once is not woken up by each. */
int lsgd_platform_read(void) {
  static uint8_t buffer[4096];
  static ssize_t held, position;
  if (position == held) {
    send_replies();
    do held = read(STDIN_FILENO, buffer, sizeof buffer);
    while (held < 0 && errno == EINTR);
    position = 0;
    if (held <= 0) {
      held = 0;
      return -1;
    }
  }
  return buffer[position++];
}

void lsgd_platform_write(const uint8_t* bytes, size_t count) {
  if (count > sizeof unsent - unsent_bytes) send_replies();
  memcpy(unsent + unsent_bytes, bytes, count);
  unsent_bytes += count;
}

uint64_t lsgd_platform_cycles(void) { return 0; }

uint64_t lsgd_platform_instructions(void) { return 0; }

static uint8_t* stack_limit;

uint8_t* lsgd_platform_stack_limit(void) { return stack_limit; }

/* The functions that allocate are linked to those below (--wrap), which count the bytes asked for.
 * What the C library itself allocates for a port (strdup) is counted where its functions can be
 * replaced: in glibc.
 */

void* __real_malloc(size_t size);
void __real_free(void* block);
void* __real_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset);
int __real_munmap(void* address, size_t size);
void* __real_sbrk(intptr_t increment);
void* __wrap_malloc(size_t size);
void* __wrap_calloc(size_t count, size_t size);
void* __wrap_realloc(void* block, size_t size);
void* __wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void** block, size_t alignment, size_t size);
void* __wrap_memalign(size_t alignment, size_t size);
void* __wrap_valloc(size_t size);
void* __wrap_reallocarray(void* block, size_t count, size_t size);
void __wrap_free(void* block);
void* __wrap_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset);
int __wrap_munmap(void* address, size_t size);
void* __wrap_sbrk(intptr_t increment);

#ifdef __GLIBC__
void* __libc_malloc(size_t size);
void __libc_free(void* block);
void* malloc(size_t size) { return __wrap_malloc(size); }
void* calloc(size_t count, size_t size) { return __wrap_calloc(count, size); }
void* realloc(void* block, size_t size) { return __wrap_realloc(block, size); }
void* aligned_alloc(size_t alignment, size_t size) { return __wrap_aligned_alloc(alignment, size); }
int posix_memalign(void** block, size_t alignment, size_t size) {
  return __wrap_posix_memalign(block, alignment, size);
}
void free(void* block) { __wrap_free(block); }
#define SYSTEM_MALLOC __libc_malloc
#define SYSTEM_FREE __libc_free
#else
#define SYSTEM_MALLOC __real_malloc
#define SYSTEM_FREE __real_free
#endif

/** Whether the C library has begun: what starts it is no port's. */
static int is_counted;
static size_t allocated_bytes, most_allocated_bytes;

static void count_allocated(size_t size) {
  allocated_bytes += size;
  if (allocated_bytes > most_allocated_bytes) most_allocated_bytes = allocated_bytes;
}

/** What lies before every block. */
struct block_head {
  void* whole; /**< as the C library gave it */
  size_t size;
  int is_counted;
  uintptr_t mark; /**< the address behind the head, inverted: of no block of the C library itself */
};

static struct block_head* head_of(void* block) {
  struct block_head* const head = (struct block_head*)block - 1;
  return head->mark == ~(uintptr_t)block ? head : NULL;
}

/** @param alignment  a power of two */
static void* allocate(size_t size, size_t alignment) {
  if (alignment < 2 * sizeof(void*)) alignment = 2 * sizeof(void*);
  const size_t room = sizeof(struct block_head) + alignment;
  if (size > (size_t)-1 / 2 - room) return NULL;
  uint8_t* const whole = (uint8_t*)SYSTEM_MALLOC(size + room);
  if (whole == NULL) return NULL;
  const uintptr_t block = ((uintptr_t)whole + room) & ~(uintptr_t)(alignment - 1);
  const struct block_head head = {whole, size, is_counted, ~block};
  ((struct block_head*)block)[-1] = head;
  if (is_counted) count_allocated(size);
  return (void*)block;
}

void* __wrap_malloc(size_t size) { return allocate(size, 1); }

void* __wrap_calloc(size_t count, size_t size) {
  if (size != 0 && count > (size_t)-1 / size) return NULL;
  void* const block = allocate(count * size, 1);
  if (block != NULL) memset(block, 0, count * size);
  return block;
}

void __wrap_free(void* block) {
  if (block == NULL) return;
  struct block_head* const head = head_of(block);
  if (head == NULL) {
    SYSTEM_FREE(block);
    return;
  }
  if (head->is_counted) allocated_bytes -= head->size;
  head->mark = 0;
  SYSTEM_FREE(head->whole);
}

void* __wrap_realloc(void* block, size_t size) {
  void* const moved = allocate(size, 1);
  if (block == NULL || moved == NULL) return moved;
  const struct block_head* const head = head_of(block);
  if (head != NULL) memcpy(moved, block, head->size < size ? head->size : size);
  __wrap_free(block);
  return moved;
}

void* __wrap_aligned_alloc(size_t alignment, size_t size) { return allocate(size, alignment); }

int __wrap_posix_memalign(void** block, size_t alignment, size_t size) {
  *block = allocate(size, alignment);
  return *block == NULL ? ENOMEM : 0;
}

void* __wrap_memalign(size_t alignment, size_t size) { return allocate(size, alignment); }

void* __wrap_valloc(size_t size) { return allocate(size, (size_t)sysconf(_SC_PAGESIZE)); }

void* __wrap_reallocarray(void* block, size_t count, size_t size) {
  return size != 0 && count > (size_t)-1 / size ? NULL : __wrap_realloc(block, count * size);
}

void* __wrap_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset) {
  void* const mapped = __real_mmap(address, size, protection, flags, file, offset);
  if (mapped != MAP_FAILED) count_allocated(size);
  return mapped;
}

int __wrap_munmap(void* address, size_t size) {
  const int status = __real_munmap(address, size);
  if (status == 0) allocated_bytes -= size < allocated_bytes ? size : allocated_bytes;
  return status;
}

void* __wrap_sbrk(intptr_t increment) {
  void* const end = __real_sbrk(increment);
  if (increment > 0) count_allocated((size_t)increment);
  return end;
}

/* What none of these functions was asked for, such as by a system call of its own or for the stack
 * of a thread, shows in the most memory that the process has had mapped at a time. */

/** Deeper than ports go: the stack is mapped before anything is counted. */
#define MAPPED_STACK_BYTES (1 << 20)

static int status_file = -1;
static size_t mapped_before;

/** Bytes of a field of /proc/self/status; 0 where there is no such file. */
static size_t status_bytes(const char* field) {
  static char text[4096];
  const ssize_t count = pread(status_file, text, sizeof text - 1, 0);
  if (count <= 0) return 0;
  text[count] = '\0';
  const char* const found = strstr(text, field);
  return found == NULL ? 0 : (size_t)strtoul(found + strlen(field), NULL, 10) * 1024;
}

static __attribute__((noinline)) void map_stack(void) {
  volatile uint8_t bytes[MAPPED_STACK_BYTES];
  for (size_t i = sizeof bytes; i >= 1024; i -= 1024) bytes[i - 1] = 0;
}

/** From here on everything counts. Before a port's own code, and after the start of the C library,
 * which may allocate. */
static __attribute__((constructor(101))) void begin_counting(void) {
  map_stack();
  status_file = open("/proc/self/status", O_RDONLY);
  mapped_before = status_bytes("VmPeak:");
  /* The next page beyond what was mapped before, and is no longer, is to be a new peak. */
  const size_t now = status_bytes("VmSize:");
  if (mapped_before > now)
    (void)__real_mmap(NULL, mapped_before - now, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mapped_before = status_bytes("VmPeak:");
  is_counted = 1;
}

uint32_t lsgd_platform_heap_bytes(void) {
  size_t bytes = most_allocated_bytes;
  if (bytes == 0) bytes = status_bytes("VmPeak:") - mapped_before;
  return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

void lsgd_platform_exit(int status) {
  send_replies();
  exit(status);
}

int main(void) {
  stack_limit = (uint8_t*)__builtin_frame_address(0) - OBSERVED_STACK_BYTES;
  lsgd_agent_run();
  lsgd_platform_exit(EXIT_SUCCESS);
}
