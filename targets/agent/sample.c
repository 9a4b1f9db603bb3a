/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

float lsgd_sample_input[LSGD_CAPACITY_INPUTS + 1];
float lsgd_sample_target[LSGD_CAPACITY_WIDTH + 1];
