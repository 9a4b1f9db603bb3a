// SPDX-License-Identifier: Apache-2.0
#include "import/compressed_file.hpp"

#include "files/input_error.hpp"
#include "files/text_file.hpp"

namespace lsgd {

CompressedFile::CompressedFile(const std::filesystem::path& path) : name_(path.string()) {
  open_input(path);
  file_.reset(gzopen(path.c_str(), "rb"));
  if (file_ == nullptr) throw InputError(name_, 0, "a readable file");
}

std::size_t CompressedFile::read(std::span<char> bytes) {
  const int count = gzread(file_.get(), bytes.data(), static_cast<unsigned>(bytes.size()));
  int status = Z_OK;
  gzerror(file_.get(), &status);
  if (count < 0 || status == Z_BUF_ERROR) throw InputError(name_, 0, "intact gzip data");
  return static_cast<std::size_t>(count);
}

}  // namespace lsgd
