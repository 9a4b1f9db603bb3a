/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "lsgd/port.h"

/** The sample under work: in an application these are the application's data, not the agent's. With
 * room for one element more, since the sample moves by that much from run to run. */
extern float lsgd_sample_input[LSGD_CAPACITY_INPUTS + 1];
extern float lsgd_sample_target[LSGD_CAPACITY_WIDTH + 1];
