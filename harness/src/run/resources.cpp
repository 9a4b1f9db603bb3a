// SPDX-License-Identifier: Apache-2.0
#include "run/resources.hpp"

#include <algorithm>
#include <utility>

#include "cost/elf_sizes.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

Json port_json(const ElfSizes& sizes) {
  return {{"text", sizes.text}, {"data", sizes.data}, {"bss", sizes.bss}};
}

Json agent_json(const ElfSizes& sizes) {
  return {{"text", sizes.text}, {"ram", sizes.data + sizes.bss}};
}

}  // namespace

nlohmann::ordered_json resources_json(const Target& target, const TargetResult& result) {
  std::uint32_t stack = 0, heap = 0;
  for (const FinishedCase& finished : result.cases) {
    stack = std::max(stack, finished.stack_bytes);
    heap = std::max(heap, finished.heap_bytes);
  }
  Json footprints = Json::array();
  for (const Footprint& footprint : target.footprints) {
    Json sizes = port_json(elf_sizes(footprint.object));
    sizes["network"] = footprint.network;
    footprints.push_back(std::move(sizes));
  }
  const auto& [port, agent] = target.elf;
  return {{"stack_bytes", stack == 0 ? Json(nullptr) : Json(stack)},
          {"heap_bytes", stack == 0 ? Json(nullptr) : Json(heap)},
          {"port", port ? port_json(elf_sizes(*port)) : Json(nullptr)},
          {"agent", agent ? agent_json(elf_sizes(*agent)) : Json(nullptr)},
          {"footprints", std::move(footprints)}};
}

}  // namespace lsgd
