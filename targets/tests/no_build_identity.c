/* SPDX-License-Identifier: Apache-2.0 */
#include "build_identity.h"

const uint8_t lsgd_build_identity[LSGD_BUILD_IDENTITY_BYTES] = {0};
