// SPDX-License-Identifier: Apache-2.0
#include "import/hdf5_reader_program.hpp"

namespace lsgd {

std::filesystem::path hdf5_reader_program() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto installed =
      program.parent_path().parent_path() / "lib" / "lsgd-conform" / "lsgd-hdf5-reader";
  return std::filesystem::exists(installed, error) ? installed : LSGD_HDF5_READER;
}

}  // namespace lsgd
