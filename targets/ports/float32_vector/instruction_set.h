/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * The same source for several instruction sets of x86-64, chosen at run time by what the processor
 * has. Where the compiler may use AVX2 anyway (-march=native), or the processor is another, there
 * is one: `baseline`, what the compiler is told.
 */

/* Into every function of an instruction set, whatever -O says: what is inlined is compiled for it.
 */
#define LSGD_INLINE static inline __attribute__((always_inline))

/* A product may be added without being rounded first; for the rest of a file. */
#if defined(__clang__)
#define LSGD_CONTRACT_PRODUCTS _Pragma("clang fp contract(fast)")
#else
#define LSGD_CONTRACT_PRODUCTS _Pragma("GCC optimize(\"fp-contract=fast\")")
#endif

#define LSGD_TARGET_baseline

#if defined(__x86_64__) && !defined(__AVX2__)
#define LSGD_TARGET_avx2 __attribute__((target("avx2,fma")))
#define LSGD_TARGET_avx512 __attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw")))
#define LSGD_FOR_EACH_INSTRUCTION_SET(define) define(baseline) define(avx2) define(avx512)
/* The processor is asked once, before main, by the compiler's library. */
#define LSGD_CALL_FOR_INSTRUCTION_SET(function, arguments)                          \
  do {                                                                              \
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && \
        __builtin_cpu_supports("avx512dq"))                                         \
      function##avx512 arguments;                                                   \
    else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))       \
      function##avx2 arguments;                                                     \
    else                                                                            \
      function##baseline arguments;                                                 \
  } while (0)
#else
#define LSGD_FOR_EACH_INSTRUCTION_SET(define) define(baseline)
#define LSGD_CALL_FOR_INSTRUCTION_SET(function, arguments) function##baseline arguments
#endif
