# SPDX-License-Identifier: Apache-2.0
# cmake -DOUTPUT=assets.cpp -DROOT=reports -DFILES="a;b" -DCHART_JS=chart.min.js -P embed_assets.cmake
# writes the C++ source that defines lsgd::asset().
set(arrays "")
set(entries "")
set(index 0)
foreach(file IN LISTS FILES CHART_JS)
  if(file STREQUAL CHART_JS)
    set(path chart.js)
  else()
    file(RELATIVE_PATH path ${ROOT} ${file})
  endif()
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "const unsigned char asset_${index}[] = {${bytes}0};\n")
  string(APPEND entries "      {\"${path}\", {reinterpret_cast<const char*>(asset_${index}), sizeof asset_${index} - 1}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"asset.hpp\"

#include <map>

namespace lsgd {
namespace {
${arrays}}  // namespace

std::string_view asset(std::string_view path) {
  static const std::map<std::string_view, std::string_view> assets = {
${entries}  };
  const auto found = assets.find(path);
  return found == assets.end() ? std::string_view{} : found->second;
}

}  // namespace lsgd
")
