/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "declared_number.h"

/**
 * sigmoid and tanh before they are rounded, within 2^-50 of themselves for |z| < 1024. Their last
 * bit is set, since they have no end, except at 0.
 */
struct declared_number declared_sigmoid(struct declared_number z);
struct declared_number declared_tanh(struct declared_number z);

/** e^z of z <= 0 in the same way; 0 of minus infinity. */
struct declared_number declared_exponential(struct declared_number z);
