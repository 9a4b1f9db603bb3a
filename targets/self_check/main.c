/* SPDX-License-Identifier: Apache-2.0 */

/* With a C library. Without one, call lsgd_self_check from your start-up code. */
#include <stdio.h>

#include "self_check.h"

int main(void) { return lsgd_self_check(putchar); }
