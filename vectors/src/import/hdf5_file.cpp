// SPDX-License-Identifier: Apache-2.0
#include "import/hdf5_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files/input_error.hpp"
#include "files/text_file.hpp"
#include "import/hdf5_reader_program.hpp"
#include "import/imported_model.hpp"

namespace lsgd {
namespace {

constexpr std::string_view hdf5_signature = "\x89HDF\r\n\x1a\n";
constexpr std::uint64_t longest_header = std::uint64_t{1} << 26;
constexpr std::uint64_t most_hdf5_elements = std::uint64_t{1} << 26;

}  // namespace

Hdf5File::Hdf5File(const std::filesystem::path& path) : file_(path.string()) {
  std::string bytes(format_bytes, '\0');
  open_input(path).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!bytes.starts_with(hdf5_signature)) throw other_model_format(file_, bytes, "an HDF5 file");
  start(path);
  try {
    read_objects();
  } catch (...) {
    end();
    throw;
  }
}

Hdf5File::~Hdf5File() { end(); }

void Hdf5File::start(const std::filesystem::path& path) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw InputError(file_, 0, "a free file descriptor to read it through");
  connection_ = ends[0];
  const std::string program = hdf5_reader_program().string();
  // Relative paths keep their meaning, and one that begins with - is no option.
  const std::string name = std::filesystem::absolute(path).string();
  std::array<char*, 3> arguments{const_cast<char*>(program.c_str()),
                                 const_cast<char*>(name.c_str()), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  const int fault =
      posix_spawn(&reader_, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (fault != 0) {
    close(connection_);
    throw InputError(program, 0, "the program that reads HDF5 files (is it installed?)");
  }
}

void Hdf5File::end() {
  if (connection_ >= 0) close(connection_);
  connection_ = -1;
  if (reader_ > 0) {
    kill(reader_, SIGKILL);  // a library that loops hears of nothing else
    while (waitpid(reader_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  reader_ = -1;
}

bool Hdf5File::receive(void* bytes, std::size_t size) const {
  for (std::size_t received = 0; received < size;) {
    const ssize_t count =
        recv(connection_, static_cast<char*>(bytes) + received, size - received, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    received += static_cast<std::size_t>(count);
  }
  return true;
}

void Hdf5File::read_objects() {
  std::uint64_t length = 0;
  std::vector<std::uint8_t> header;
  bool is_whole = receive(&length, sizeof length) && length <= longest_header;
  if (is_whole) {
    header.resize(length);
    is_whole = receive(header.data(), header.size());
  }
  // A library that a file led astray may have written anything.
  try {
    if (!is_whole) throw nlohmann::json::other_error::create(500, "no header", nullptr);
    const nlohmann::json contents = nlohmann::json::from_cbor(header);
    for (const nlohmann::json& object : contents.at("objects")) {
      Hdf5Object& read = objects_.emplace_back();
      object.at("name").get_to(read.name);
      object.at("texts").get_to(read.texts);
      if (!object.contains("shape")) continue;
      read.shape = object.at("shape").get<std::vector<std::uint64_t>>();
      object.at("numbers").get_to(read.has_numbers);
    }
  } catch (const nlohmann::json::exception&) {
    throw InputError(file_, 0,
                     "an undamaged HDF5 file (HDF5 1.10; at most 10,000 objects and 16 MiB of "
                     "attributes)");
  }
}

const Hdf5Object* Hdf5File::find(std::string_view name) const {
  const auto found = std::ranges::find(objects_, name, &Hdf5Object::name);
  return found == objects_.end() ? nullptr : &*found;
}

std::vector<float> Hdf5File::elements(const Hdf5Object& object) const {
  const auto error = [&](const std::string& expected) {
    return InputError(file_, 0, fmt::format("{} in {}", expected, in_quotes(object.name)));
  };
  if (!object.shape || !object.has_numbers) throw error("integers or floating-point numbers");
  std::uint64_t count = 1;
  for (const std::uint64_t size : *object.shape) {
    if (size > most_hdf5_elements || count * size > most_hdf5_elements)
      throw error(fmt::format("at most {} elements", most_hdf5_elements));
    count *= size;
  }
  const auto number = static_cast<std::uint32_t>(&object - objects_.data());
  std::vector<float> values(count);
  std::uint64_t received = 0;
  if (send(connection_, &number, sizeof number, MSG_NOSIGNAL) != sizeof number ||
      !receive(&received, sizeof received) || received != count ||
      !receive(values.data(), values.size() * sizeof(float)))
    throw error("elements that can be read");
  const auto bad = std::ranges::find_if(values, [](float x) { return !std::isfinite(x); });
  if (bad != values.end())
    throw error(fmt::format("finite binary32 numbers, but not element {},", bad - values.begin()));
  return values;
}

}  // namespace lsgd
