/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LSGD_SELF_CHECK_H
#define LSGD_SELF_CHECK_H

/**
 * @file
 * A program that checks the port that it is linked with, for boards without a link: C90 or later
 * and C++. `lsgd-conform vectors export --format self-check` writes the cases.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Cases, packed; each part_N.c defines one. */
struct lsgd_self_check_part {
  const unsigned char* bytes;
  uint32_t count;
};
extern const struct lsgd_self_check_part lsgd_self_check_part;

/** How far it has come, for a debugger. */
struct lsgd_self_check_result {
  uint32_t passed;
  uint32_t failed;
  uint32_t skipped; /**< of networks, or operations, that the port does not have */
  uint32_t is_done; /**< 1 at the end */
};
extern volatile struct lsgd_self_check_result lsgd_self_check_result;

/**
 * Runs the cases of the part. With `put`, such as putchar, a line for each case that fails and
 * "N passed, M failed" at the end, "K skipped" behind it where some were; 0 for no output.
 *
 * @return 0 if some passed and none failed, else 1
 */
int lsgd_self_check(int (*put)(int character));

#ifdef __cplusplus
}
#endif
#endif
