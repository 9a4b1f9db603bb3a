// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace lsgd {

/// A group of an HDF5 file, or an array.
struct Hdf5Object {
  std::string name;                                       ///< "" for the root, "a/b" below it
  std::map<std::string, std::vector<std::string>> texts;  ///< attributes of texts, or of nothing
  std::optional<std::vector<std::uint64_t>> shape;        ///< of an array
  bool has_numbers = false;                               ///< its elements are numbers
};

/// An HDF5 file, read by the program lsgd-hdf5-reader: the library that this takes crashes and
/// loops on damaged files. At most 10,000 objects and 16 MiB of texts; links to other files are not
/// followed. Half a second of processor time reads the objects.
class Hdf5File {
 public:
  /// Throws InputError.
  explicit Hdf5File(const std::filesystem::path& path);
  ~Hdf5File();
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;

  const std::string& file() const { return file_; }
  /// In the order of their names.
  const std::vector<Hdf5Object>& objects() const { return objects_; }
  /// The object of that name, or null.
  const Hdf5Object* find(std::string_view name) const;
  /// Elements of an array in C order, rounded to binary32, finite, at most 2^26 of them. Throws
  /// InputError.
  std::vector<float> elements(const Hdf5Object& object) const;

 private:
  bool receive(void* bytes, std::size_t size) const;
  void start(const std::filesystem::path& path);
  void end();
  void read_objects();

  std::string file_;
  std::vector<Hdf5Object> objects_;
  int connection_ = -1;
  pid_t reader_ = -1;
};

}  // namespace lsgd
