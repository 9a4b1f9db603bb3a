# SPDX-License-Identifier: Apache-2.0
# lsgd::reference: L-SGD in high precision with derived error bounds, headers only.
include(CMakeFindDependencyMacro)
find_dependency(Boost 1.74)
include(${CMAKE_CURRENT_LIST_DIR}/lsgd.cmake)
