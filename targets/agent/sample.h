/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "lsgd/port.h"

/** The sample under work: in an application these are the application's data, not the agent's. */
extern float lsgd_sample_input[LSGD_CAPACITY_INPUTS];
extern float lsgd_sample_target[LSGD_CAPACITY_WIDTH];
