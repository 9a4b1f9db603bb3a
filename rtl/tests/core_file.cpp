// SPDX-License-Identifier: Apache-2.0
#include "core_file.hpp"

#ifndef LSGD_RTL_CORE_FILE
#define LSGD_RTL_CORE_FILE ""
#endif

const char* const lsgd::rtl::core_file = LSGD_RTL_CORE_FILE;
