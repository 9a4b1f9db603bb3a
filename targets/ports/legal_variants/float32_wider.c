/* SPDX-License-Identifier: Apache-2.0 */

/* L-SGD in double throughout; parameters and activations are shown in binary32. */
#define PARAMETER double
#define PORT_NAME "float32_wider"
#include "float32_wider_activations.c"
