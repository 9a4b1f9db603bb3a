// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace lsgd {

/// The program that reads HDF5 files: where it was installed beside this one, or else where it was
/// built.
std::filesystem::path hdf5_reader_program();

}  // namespace lsgd
