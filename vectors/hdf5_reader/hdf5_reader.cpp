// SPDX-License-Identifier: Apache-2.0

// lsgd-hdf5-reader FILE: what an HDF5 file holds, for import/hdf5_file.hpp, which starts it.
//
// libhdf5 is known to crash and to loop on damaged files, so it works in a process of its own, with
// limited memory and processor time, and without what it would load or open beside the file.
//
// Standard output: eight bytes, the length of what follows; CBOR of
//   {"objects": [{"name", "texts": {attribute: [text, ...]}, "shape": [size, ...], "numbers"},
//   ...]}
// with "shape" and "numbers" only where the object is an array. Then, for each number of four bytes
// on standard input, how many elements objects[number] has, in eight
// bytes, and these as binary32, in C order. Integers are of this
// machine's byte order. Exit status 1 where the file has something else; there is no other message.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <hdf5/serial/hdf5.h>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

constexpr rlim_t most_memory = rlim_t{768} << 20;  ///< beyond what the program starts with
// Of processor time: what a file of thousands of objects takes, ten times over.
constexpr std::uint64_t most_microseconds = 500'000;
constexpr std::uint64_t elements_per_microsecond = 10;  ///< compressed ones, ten times over
constexpr std::size_t most_objects = 10000;
constexpr std::size_t most_text = std::size_t{16} << 20;  ///< bytes of all attributes
constexpr hsize_t most_elements = hsize_t{1} << 26;       ///< of one array
constexpr int most_dimensions = 32;

[[noreturn]] void refuse() { std::_Exit(1); }

void require(bool condition) {
  if (!condition) refuse();
}

/// A handle of the library, closed at the end.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) { require(id >= 0); }
  ~Handle() { close_(id_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }  // NOLINT(google-explicit-constructor)

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// Sanitizers reserve address space, so what is there already is added.
void limit_resources() {
  std::ifstream statistics("/proc/self/statm");
  rlim_t pages = 0;
  statistics >> pages;
  require(pages > 0);
  const rlim_t memory = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + most_memory;
  const rlimit address_space{memory, memory};
  const rlimit no_core{0, 0};
  require(setrlimit(RLIMIT_AS, &address_space) == 0 && setrlimit(RLIMIT_CORE, &no_core) == 0);
}

/// Ends the program where what follows takes longer than it should for that many elements: some
/// damaged files are read for ever.
void limit_processor_time(hsize_t elements) {
  const std::uint64_t microseconds = most_microseconds + elements / elements_per_microsecond;
  const itimerval once{{0, 0},
                       {static_cast<time_t>(microseconds / 1'000'000),
                        static_cast<suseconds_t>(microseconds % 1'000'000)}};
  require(setitimer(ITIMER_PROF, &once, nullptr) == 0);
}

struct Contents {
  nlohmann::json objects = nlohmann::json::array();
  std::size_t text_bytes = 0;
};

/// Elements of a simple data space, of at most `longest`.
hsize_t count_of(hid_t space, hsize_t longest) {
  if (H5Sget_simple_extent_type(space) == H5S_NULL) return 0;
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  require(count >= 0 && static_cast<hsize_t>(count) <= longest);
  return static_cast<hsize_t>(count);
}

/// The texts of an attribute, of fixed or variable length. One without elements has none, whatever
/// its type: NumPy takes an empty list as one of numbers.
std::pair<bool, std::vector<std::string>> texts_of(hid_t attribute, std::size_t& text_bytes) {
  const Handle space(H5Aget_space(attribute), H5Sclose);
  const hsize_t count = count_of(space, most_text);
  if (count == 0) return {true, {}};
  const Handle type(H5Aget_type(attribute), H5Tclose);
  if (H5Tget_class(type) != H5T_STRING) return {false, {}};
  const std::size_t size = H5Tget_size(type);
  require(size > 0 && size <= most_text && count <= most_text / size);
  std::vector<std::string> texts;
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(count);
    require(H5Aread(attribute, type, pointers.data()) >= 0);
    for (const char* const text : pointers) texts.emplace_back(text == nullptr ? "" : text);
  } else {
    std::vector<char> bytes(count * size);
    require(H5Aread(attribute, type, bytes.data()) >= 0);
    for (hsize_t i = 0; i < count; ++i) {
      std::string text(bytes.data() + i * size, size);
      texts.push_back(text.substr(0, text.find('\0')));
    }
  }
  for (const std::string& text : texts) text_bytes += text.size();
  require(text_bytes <= most_text);
  return {true, texts};
}

herr_t add_attribute(hid_t object, const char* name, const H5A_info_t*, void* data) {
  auto& [texts, text_bytes] = *static_cast<std::pair<nlohmann::json, std::size_t>*>(data);
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
  const auto [is_text, found] = texts_of(attribute, text_bytes);
  text_bytes += std::string_view(name).size();
  if (is_text) texts[name] = found;
  return 0;
}

/// Whether the elements are numbers of the file itself: none of another file, nor of arrays that
/// stand for parts of others.
bool has_numbers(hid_t array) {
  const Handle type(H5Dget_type(array), H5Tclose);
  const H5T_class_t kind = H5Tget_class(type);
  const Handle properties(H5Dget_create_plist(array), H5Pclose);
  return (kind == H5T_FLOAT || kind == H5T_INTEGER) && H5Pget_external_count(properties) == 0 &&
         H5Pget_layout(properties) != H5D_VIRTUAL;
}

herr_t add_object(hid_t file, const char* name, const H5O_info_t* info, void* data) {
  Contents& contents = *static_cast<Contents*>(data);
  require(contents.objects.size() < most_objects);
  if (info->type != H5O_TYPE_GROUP && info->type != H5O_TYPE_DATASET) return 0;
  contents.text_bytes += std::string_view(name).size();
  nlohmann::json object{{"name", std::string_view(name) == "." ? "" : name}};
  const Handle opened(H5Oopen(file, name, H5P_DEFAULT), H5Oclose);
  std::pair<nlohmann::json, std::size_t> attributes{nlohmann::json::object(), contents.text_bytes};
  require(H5Aiterate2(opened, H5_INDEX_NAME, H5_ITER_INC, nullptr, add_attribute, &attributes) >=
          0);
  contents.text_bytes = attributes.second;
  require(contents.text_bytes <= most_text);
  object["texts"] = std::move(attributes.first);
  if (info->type == H5O_TYPE_DATASET) {
    const Handle space(H5Dget_space(opened), H5Sclose);
    const int dimensions = H5Sget_simple_extent_ndims(space);
    require(dimensions >= 0 && dimensions <= most_dimensions);
    std::array<hsize_t, most_dimensions> sizes{};
    require(H5Sget_simple_extent_dims(space, sizes.data(), nullptr) >= 0);
    object["shape"] = std::vector<hsize_t>(sizes.data(), sizes.data() + dimensions);
    object["numbers"] = has_numbers(opened) && H5Sget_simple_extent_type(space) != H5S_NULL;
  }
  contents.objects.push_back(std::move(object));
  return 0;
}

void write(const void* bytes, std::size_t size) {
  require(std::fwrite(bytes, 1, size, stdout) == size);
}

void write_elements(hid_t file, const nlohmann::json& object) {
  require(object.contains("numbers") && object.at("numbers").get<bool>());
  const Handle array(H5Dopen2(file, object.at("name").get<std::string>().c_str(), H5P_DEFAULT),
                     H5Dclose);
  const Handle space(H5Dget_space(array), H5Sclose);
  const std::uint64_t count = count_of(space, most_elements);
  limit_processor_time(count);
  std::vector<float> elements(count);
  require(H5Dread(array, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, elements.data()) >= 0);
  write(&count, sizeof count);
  write(elements.data(), elements.size() * sizeof(float));
}

}  // namespace

int main(int argc, char** argv) {
  require(argc == 2);
  limit_resources();
  limit_processor_time(0);
  require(H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0 && H5PLset_loading_state(0) >= 0);
  const Handle file(H5Fopen(argv[1], H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  Contents contents;
  require(H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, add_object, &contents, H5O_INFO_BASIC) >= 0);
  const std::vector<std::uint8_t> header = nlohmann::json::to_cbor({{"objects", contents.objects}});
  const std::uint64_t length = header.size();
  write(&length, sizeof length);
  write(header.data(), header.size());
  require(std::fflush(stdout) == 0);
  for (std::uint32_t number = 0; std::fread(&number, sizeof number, 1, stdin) == 1;) {
    require(number < contents.objects.size());
    write_elements(file, contents.objects[number]);
    require(std::fflush(stdout) == 0);
  }
  std::_Exit(0);  // nothing of a damaged file is taken down in order
}
